using System.Text;

namespace HeadScope.Tests.Support;

/// <summary>Damages JSON: here and there a byte, a number or a piece, so that much of it still parses.</summary>
internal static class JsonMutator
{
    static readonly byte[][] Pieces =
    [
        .. new[]
        {
            "-1", "0", "1e999", "-0.5", "2147483648", "9223372036854775808", "18446744073709551615", "99999999999999999999999", "null", "true", "{}", "[]", "\"\"", "\"\\ud800\"", "\"\\u0000\"",
            "[[[[[[[[", "{\"a\":", "]", "}", ",", ":", "\"", "\\", "\u00e9", "NaN",
        }.Select(Encoding.UTF8.GetBytes),
        [0xff, 0xfe], [0xc0, 0x80], [0xed, 0xa0, 0x80],
    ];

    public static byte[] Next(byte[] json, Random random)
    {
        var bytes = new List<byte>(json);
        for (var changes = random.Next(1, 5); changes > 0 && bytes.Count > 0; changes--)
        {
            var at = random.Next(bytes.Count);
            switch (random.Next(8))
            {
                case 0:
                    bytes.InsertRange(at, ByteChanges.Pick(Pieces, random));
                    break;
                case 1:
                    bytes.RemoveRange(at, bytes.Count - at);
                    break;
                case 2 or 3:
                    ReplaceNumber(bytes, at, random);
                    break;
                default:
                    ByteChanges.Any(bytes, at, longest: random.Next(2) == 0 ? 8 : 200, random);
                    break;
            }
        }

        return [.. bytes];
    }

    static void ReplaceNumber(List<byte> bytes, int from, Random random)
    {
        var start = bytes.FindIndex(from, b => b is >= (byte)'0' and <= (byte)'9');
        if (start < 0)
            return;
        var end = start;
        while (end < bytes.Count && bytes[end] is >= (byte)'0' and <= (byte)'9')
            end++;
        bytes.RemoveRange(start, end - start);
        bytes.InsertRange(start, random.Next(3) == 0 ? Encoding.ASCII.GetBytes(random.Next(300).ToString(System.Globalization.CultureInfo.InvariantCulture)) : Pieces[random.Next(8)]);
    }
}
