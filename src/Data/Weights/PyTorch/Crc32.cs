using System.Buffers;
using System.Buffers.Binary;
using HeadScope.Data.Files;

namespace HeadScope.Data.Weights.PyTorch;

/// <summary>The checksum of zip archives: CRC-32, whose reversed polynomial is 0xEDB88320; eight bytes a step, by eight tables.</summary>
internal static class Crc32
{
    const int BufferBytes = 1 << 18;

    static readonly uint[][] Tables = MakeTables();

    /// <summary>Of a range of a file, of which 256 KiB are held at a time.</summary>
    public static uint Of(ByteSource source, long start, long length)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            var crc = uint.MaxValue;
            for (var end = start + length; start < end;)
            {
                var part = buffer.AsSpan(0, (int)Math.Min(buffer.Length, end - start));
                source.Read(start, part);
                crc = Append(crc, part);
                start += part.Length;
            }

            return ~crc;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    static uint Append(uint crc, ReadOnlySpan<byte> bytes)
    {
        var (t0, t1, t2, t3, t4, t5, t6, t7) = (Tables[0], Tables[1], Tables[2], Tables[3], Tables[4], Tables[5], Tables[6], Tables[7]);
        for (; bytes.Length >= 8; bytes = bytes[8..])
        {
            var low = BinaryPrimitives.ReadUInt32LittleEndian(bytes) ^ crc;
            var high = BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]);
            crc = t7[(byte)low] ^ t6[(byte)(low >> 8)] ^ t5[(byte)(low >> 16)] ^ t4[low >> 24]
                ^ t3[(byte)high] ^ t2[(byte)(high >> 8)] ^ t1[(byte)(high >> 16)] ^ t0[high >> 24];
        }

        foreach (var value in bytes)
            crc = (crc >> 8) ^ t0[(byte)(crc ^ value)];
        return crc;
    }

    /// <summary>Table k: what a byte does to the checksum when k bytes follow it.</summary>
    static uint[][] MakeTables()
    {
        var tables = new uint[8][];
        for (var table = 0; table < tables.Length; table++)
        {
            tables[table] = new uint[256];
            for (var value = 0u; value < 256; value++)
            {
                var crc = table == 0 ? value : tables[table - 1][value];
                for (var bit = 0; bit < 8; bit++)
                    crc = (crc & 1) != 0 ? (crc >> 1) ^ 0xEDB88320 : crc >> 1;
                tables[table][value] = crc;
            }
        }

        return tables;
    }
}
