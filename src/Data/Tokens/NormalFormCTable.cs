using System.Globalization;

namespace HeadScope.Data.Tokens;

/// <summary>
/// The character properties that normal form C rests on, from the embedded NormalFormC.txt.
/// </summary>
/// <remarks>
/// The table is that of Unicode 9.0.0, as in the Hugging Face tokenizers library, whose ids are the measure: characters assigned
/// since are left as they are. The runtime cannot serve: without ICU, or with InvariantGlobalization, its
/// <c>string.Normalize</c> returns every text unchanged.
/// </remarks>
internal static class NormalFormCTable
{
    /// <summary>
    /// Set where normal form C may not hold a character or may join it to another: quick-check values No and Maybe of UAX 15.
    /// </summary>
    const ushort Unstable = 1 << 8;

    const int BlockBits = 7;

    static readonly ushort[] Blocks = new ushort[0x110000 >> BlockBits];
    static readonly ushort[] Properties;
    static readonly Dictionary<int, (int First, int Second)> Decompositions = [];
    static readonly Dictionary<(int First, int Second), int> Compositions = [];

    static NormalFormCTable()
    {
        var properties = new Dictionary<int, ushort>();
        using var stream = typeof(NormalFormCTable).Assembly.GetManifestResourceStream("NormalFormC.txt")!;
        using var reader = new StreamReader(stream);
        while (reader.ReadLine() is { } line)
        {
            if (!line.StartsWith('#'))
                ReadLine(line, properties);
        }

        foreach (var (_, second) in Compositions.Keys)
            properties[second] = (ushort)(properties.GetValueOrDefault(second) | Unstable);
        for (var jamo = Hangul.VowelBase; jamo < Hangul.VowelBase + Hangul.VowelCount; jamo++)
            properties[jamo] = Unstable;
        for (var jamo = Hangul.TailBase + 1; jamo < Hangul.TailBase + Hangul.TailCount; jamo++)
            properties[jamo] = Unstable;
        Properties = Pack(properties);
    }

    /// <summary>Canonical combining class, 0 for a starter.</summary>
    public static int ClassOf(int character) => (byte)PropertiesOf(character);

    /// <summary>A starter that never joins what comes before it: text may be cut there and its parts normalised apart.</summary>
    public static bool IsBoundary(int character) => PropertiesOf(character) == 0;

    /// <summary>Normal form C may not hold this character here, or may join it to the one before.</summary>
    public static bool IsUnstable(int character) => (PropertiesOf(character) & Unstable) != 0;

    /// <summary>What a character is made of, one level down; Second is 0 where it is another name for one character.</summary>
    public static bool TryDecompose(int character, out int first, out int second)
    {
        var found = Decompositions.TryGetValue(character, out var parts);
        (first, second) = parts;
        return found;
    }

    /// <summary>The character that two make, or 0.</summary>
    public static int Compose(int first, int second) => Compositions.GetValueOrDefault((first, second));

    static ushort PropertiesOf(int character) =>
        Properties[Blocks[character >> BlockBits] << BlockBits | character & ((1 << BlockBits) - 1)];

    static void ReadLine(string line, Dictionary<int, ushort> properties)
    {
        var colon = line.IndexOf(':');
        var (kind, number) = (line[..line.IndexOf(' ')], line[(line.IndexOf(' ') + 1)..colon]);
        if (kind == "class")
        {
            foreach (var range in line[(colon + 2)..].Split(' '))
            {
                var ends = range.Split('-');
                for (var c = Hex(ends[0]); c <= Hex(ends[^1]); c++)
                    properties[c] = (ushort)(properties.GetValueOrDefault(c) | ushort.Parse(number, CultureInfo.InvariantCulture));
            }

            return;
        }

        var character = Hex(number);
        foreach (var item in line[(colon + 2)..].Split(", "))
        {
            var parts = item.Split(' ');
            var pair = (Hex(parts[0]), parts.Length == 2 ? Hex(parts[1]) : 0);
            Decompositions.Add(character, pair);
            if (kind == "pair")
                Compositions.Add(pair, character);
            else
                properties[character] = (ushort)(properties.GetValueOrDefault(character) | Unstable);
            character++;
        }
    }

    static int Hex(string digits) => int.Parse(digits, NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    /// <summary>Block 0 is the common one, of characters without properties.</summary>
    static ushort[] Pack(Dictionary<int, ushort> properties)
    {
        var packed = new List<ushort>(new ushort[1 << BlockBits]);
        foreach (var block in properties.GroupBy(entry => entry.Key >> BlockBits))
        {
            Blocks[block.Key] = (ushort)(packed.Count >> BlockBits);
            var values = new ushort[1 << BlockBits];
            foreach (var (character, value) in block)
                values[character & (values.Length - 1)] = value;
            packed.AddRange(values);
        }

        return [.. packed];
    }
}
