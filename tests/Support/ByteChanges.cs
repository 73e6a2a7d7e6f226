using System.Buffers.Binary;

namespace HeadScope.Tests.Support;

/// <summary>Changes that damage a file of any kind.</summary>
internal static class ByteChanges
{
    /// <summary>Numbers at which programs go wrong.</summary>
    public static IReadOnlyList<long> Extremes { get; } =
    [
        0, 1, -1, 2, 127, 128, 255, 256, short.MaxValue, int.MaxValue, uint.MaxValue, 1L << 40, long.MaxValue, long.MinValue,
        BitConverter.DoubleToInt64Bits(double.MaxValue), BitConverter.SingleToInt32Bits(float.MaxValue),
    ];

    /// <summary>An input with one to four changes anywhere.</summary>
    public static byte[] Next(IReadOnlyList<byte[]> inputs, Random random)
    {
        List<byte> bytes = [.. Pick(inputs, random)];
        for (var changes = random.Next(1, 5); changes > 0 && bytes.Count > 0; changes--)
        {
            var at = random.Next(bytes.Count);
            switch (random.Next(8))
            {
                case 0:
                    bytes.RemoveRange(at, bytes.Count - at);
                    break;
                case 1:
                    bytes.InsertRange(at, Cut(Pick(inputs, random), random));
                    break;
                case 2:
                    Overwrite(bytes, at, random);
                    break;
                default:
                    Any(bytes, at, longest: 32, random);
                    break;
            }
        }

        return [.. bytes];
    }

    /// <summary>Flips a bit, replaces a byte, or removes or repeats some.</summary>
    /// <param name="longest">How many bytes it may remove or repeat.</param>
    public static void Any(List<byte> bytes, int at, int longest, Random random)
    {
        var count = Math.Min(bytes.Count - at, 1 + random.Next(longest));
        switch (random.Next(4))
        {
            case 0:
                bytes[at] ^= (byte)(1 << random.Next(8));
                break;
            case 1:
                bytes[at] = (byte)random.Next(256);
                break;
            case 2:
                bytes.RemoveRange(at, count);
                break;
            default:
                bytes.InsertRange(random.Next(bytes.Count), bytes.GetRange(at, count));
                break;
        }
    }

    /// <summary>Puts an extreme number of 1, 2, 4 or 8 bytes over what is there.</summary>
    public static void Overwrite(List<byte> bytes, int at, Random random)
    {
        Span<byte> number = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(number, Pick(Extremes, random));
        foreach (var value in number[..(1 << random.Next(4))])
        {
            if (at < bytes.Count)
                bytes[at++] = value;
        }
    }

    /// <summary>A piece of at most 400 bytes.</summary>
    public static byte[] Cut(byte[] bytes, Random random)
    {
        if (bytes.Length == 0)
            return [];
        var at = random.Next(bytes.Length);
        return bytes[at..(at + Math.Min(bytes.Length - at, random.Next(400)))];
    }

    public static T Pick<T>(IReadOnlyList<T> items, Random random) => items[random.Next(items.Count)];
}
