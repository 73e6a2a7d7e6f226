using System.Buffers.Binary;

namespace HeadScope.ModelCore.Frames.Parquet.Reading;

/// <summary>Reads packed numbers, from the lowest bit of the first byte on.</summary>
internal static class BitReader
{
    /// <param name="bytes">Holds all bits asked for, and need not hold more.</param>
    /// <param name="bit">Where the number starts.</param>
    /// <param name="width">Bits it has, from 0 to 64.</param>
    public static ulong Read(ReadOnlySpan<byte> bytes, long bit, int width)
    {
        if (width == 0)
            return 0;
        var rest = bytes[(int)(bit / 8)..];
        var shift = (int)(bit % 8);
        var low = (rest.Length >= sizeof(ulong) ? BinaryPrimitives.ReadUInt64LittleEndian(rest) : ReadEnd(rest)) >> shift;
        if (shift + width > 64)
            low |= (ulong)rest[sizeof(ulong)] << (64 - shift);
        return low & ulong.MaxValue >> (64 - width);
    }

    static ulong ReadEnd(ReadOnlySpan<byte> bytes)
    {
        var value = 0UL;
        for (var i = bytes.Length - 1; i >= 0; i--)
            value = value << 8 | bytes[i];
        return value;
    }
}
