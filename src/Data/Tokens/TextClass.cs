using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace HeadScope.Data.Tokens;

/// <summary>What the pre-tokeniser's pattern tells apart.</summary>
internal enum TextClass : byte
{
    /// <summary>Anything else: <c>[^\s\p{L}\p{N}]</c>.</summary>
    Other,

    /// <summary><c>\p{L}</c>: general categories Lu, Ll, Lt, Lm, Lo.</summary>
    Letter,

    /// <summary><c>\p{N}</c>: general categories Nd, Nl, No.</summary>
    Number,

    /// <summary><c>\s</c>: the property White_Space, which has U+0085 and no U+FEFF.</summary>
    Space,

    /// <summary>Half of a character outside the basic plane; no class of its own.</summary>
    Surrogate,
}

/// <summary>The class of each character, from the runtime's Unicode tables.</summary>
internal static class TextClasses
{
    static readonly byte[] Table = BuildTable();

    /// <summary>The class of one UTF-16 code unit.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TextClass Of(char unit) =>
        (TextClass)Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(Table), unit); // the table has a place for every char

    /// <summary>The class of a character outside the basic plane. All white space lies inside it.</summary>
    public static TextClass Of(char high, char low) => OfCategory(CharUnicodeInfo.GetUnicodeCategory(char.ConvertToUtf32(high, low)));

    /// <summary>
    /// Whether a character matches <c>\w</c>: alphabetic characters, marks, decimal digits, connectors and joiners
    /// (Unicode Technical Standard 18, annex C).
    /// </summary>
    public static bool IsWordCharacter(Rune rune) => Rune.GetUnicodeCategory(rune) switch
    {
        <= UnicodeCategory.OtherLetter or UnicodeCategory.LetterNumber => true,
        UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark => true,
        UnicodeCategory.DecimalDigitNumber or UnicodeCategory.ConnectorPunctuation => true,
        // Symbols with the property Other_Alphabetic: letters in circles and squares.
        UnicodeCategory.OtherSymbol => rune.Value is (>= 0x24B6 and <= 0x24E9) or (>= 0x1F130 and <= 0x1F149) or
            (>= 0x1F150 and <= 0x1F169) or (>= 0x1F170 and <= 0x1F189),
        _ => rune.Value is 0x200C or 0x200D,
    };

    static byte[] BuildTable()
    {
        var table = new byte[char.MaxValue + 1];
        for (var c = 0; c <= char.MaxValue; c++)
        {
            table[c] = (byte)(char.IsSurrogate((char)c) ? TextClass.Surrogate
                : char.IsWhiteSpace((char)c) ? TextClass.Space
                : OfCategory(CharUnicodeInfo.GetUnicodeCategory(c)));
        }

        return table;
    }

    static TextClass OfCategory(UnicodeCategory category) => category switch
    {
        <= UnicodeCategory.OtherLetter => TextClass.Letter,
        UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber => TextClass.Number,
        _ => TextClass.Other,
    };
}
