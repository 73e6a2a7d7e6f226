namespace HeadScope.ModelCore.Frames.Parquet.Reading;

/// <summary>Numbers in groups of seven bits, lowest first.</summary>
internal static class VarInt
{
    /// <exception cref="DecodeFault">The number takes more than 64 bits, or the bytes end first.</exception>
    public static ulong Read(ReadOnlySpan<byte> bytes, ref int at)
    {
        var value = 0UL;
        for (var shift = 0; shift < 64; shift += 7)
        {
            if (at >= bytes.Length)
                throw DecodeFault.Ends("a number");
            var next = bytes[at++];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
                return value;
        }

        throw new DecodeFault("a number of more than ten bytes", "64 bits");
    }

    public static long ReadZigZag(ReadOnlySpan<byte> bytes, ref int at)
    {
        var value = Read(bytes, ref at);
        return (long)(value >> 1) ^ -(long)(value & 1);
    }
}
