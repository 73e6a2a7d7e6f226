using System.Buffers;
using System.Text;

namespace HeadScope.Data.Tokens;

/// <summary>
/// The letters in which a byte-level vocabulary writes bytes: printable Latin-1 stands for itself, the other 68 bytes
/// in order for U+0100 and up (Radford et al., "Language models are unsupervised multitask learners", section 2.2).
/// </summary>
internal static class ByteAlphabet
{
    const int LetterCount = 256 + 68;

    static readonly char[] Letters = new char[256];
    static readonly short[] Bytes = new short[LetterCount];

    static ByteAlphabet()
    {
        Array.Fill(Bytes, (short)-1);
        var next = 256;
        for (var value = 0; value < 256; value++)
        {
            var letter = (char)(IsPrintable(value) ? value : next++);
            Letters[value] = letter;
            Bytes[letter] = (short)value;
        }
    }

    public static char LetterOf(byte value) => Letters[value];

    /// <summary>
    /// The bytes a token stands for. One that holds any character outside the alphabet, as an added token may, stands for its own UTF-8.
    /// </summary>
    public static void WriteBytes(string token, IBufferWriter<byte> destination)
    {
        var start = destination.GetSpan(token.Length);
        for (var i = 0; i < token.Length; i++)
        {
            var value = token[i] < LetterCount ? Bytes[token[i]] : (short)-1;
            if (value < 0)
            {
                destination.Write(Encoding.UTF8.GetBytes(token));
                return;
            }

            start[i] = (byte)value;
        }

        destination.Advance(token.Length);
    }

    static bool IsPrintable(int value) => value is (>= '!' and <= '~') or (>= 0xA1 and <= 0xFF and not 0xAD);
}
