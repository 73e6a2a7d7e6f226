using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;
using HeadScope.Jobs.Store;

namespace HeadScope.Jobs.Shards;

/// <summary>
/// The scores of a shard as a blob, in sections, little-endian, without a header: what is in it is said, with a checksum for each
/// section, in the shard's statistics, which alone make it valid. Section 0: predicted token (int32), loss (float32), number of
/// copies (int32), each [position]. Section 1: <see cref="Flags"/> [position], a byte each. Then one section for each head:
/// head_dla [position], mover_attn and mover_dla [movable position] (float32): where no copy is visible both are zero.
/// </summary>
public static class ShardScoresFile
{
    /// <summary>What is true of a position.</summary>
    [Flags]
    public enum Flags : byte
    {
        None = 0,
        Induction = 1,
        Movable = 2,
    }

    /// <summary>The first of the heads' sections.</summary>
    public const int FirstHeadSection = 2;

    /// <summary>Writes the blob and returns each section's checksum.</summary>
    public static async Task<uint[]> WriteAsync(ShardScores scores, IBlobStore store, string name, CancellationToken cancellation)
    {
        var checksums = new uint[scores.Heads + FirstHeadSection];
        var movable = Movable(scores);
        var buffer = new byte[Math.Max(DescriptionBytes(scores.Positions), HeadBytes(scores.Positions, movable.Length))];
        await store.WriteAsync(name, async (stream, token) =>
        {
            for (var section = 0; section < checksums.Length; section++)
            {
                var length = section switch
                {
                    0 => Describe(scores, buffer),
                    1 => Flag(scores, buffer),
                    _ => FillHead(scores, section - FirstHeadSection, movable, buffer),
                };
                checksums[section] = Checksum(buffer.AsSpan(0, length));
                await stream.WriteAsync(buffer.AsMemory(0, length), token).ConfigureAwait(false);
            }
        }, cancellation).ConfigureAwait(false);
        return checksums;
    }

    static int DescriptionBytes(int positions) => positions * 3 * sizeof(int);

    /// <summary>Where a section starts and how long it is.</summary>
    public static (long Offset, int Length) Section(ShardRecord record, int section)
    {
        long description = DescriptionBytes(record.Positions);
        var head = HeadBytes(record.Positions, record.Movable);
        return section switch
        {
            0 => (0, (int)description),
            1 => (description, record.Positions),
            _ => (description + record.Positions + (long)(section - FirstHeadSection) * head, head),
        };
    }

    /// <summary>How long the blob is.</summary>
    public static long Length(ShardRecord record, int heads)
    {
        var (offset, length) = Section(record, FirstHeadSection + heads - 1);
        return offset + length;
    }

    static int HeadBytes(int positions, int movable) => (positions + 2 * movable) * sizeof(float);

    /// <summary>CRC-32C.</summary>
    public static uint Checksum(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        for (; bytes.Length >= sizeof(ulong); bytes = bytes[sizeof(ulong)..])
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        foreach (var b in bytes)
            crc = BitOperations.Crc32C(crc, b);
        return ~crc;
    }

    static int[] Movable(ShardScores scores)
    {
        var indices = new List<int>(scores.Positions);
        for (var i = 0; i < scores.Positions; i++)
        {
            if (scores.NumCopies[i] > 0)
                indices.Add(i);
        }

        return [.. indices];
    }

    static int Describe(ShardScores scores, Span<byte> buffer)
    {
        var rest = buffer;
        Put(MemoryMarshal.AsBytes(scores.Tokens), ref rest);
        Put(MemoryMarshal.AsBytes(scores.Loss), ref rest);
        Put(MemoryMarshal.AsBytes(scores.NumCopies), ref rest);
        return buffer.Length - rest.Length;
    }

    static int Flag(ShardScores scores, Span<byte> buffer)
    {
        for (var i = 0; i < scores.Positions; i++)
            buffer[i] = (byte)((scores.IsInduction[i] ? Flags.Induction : Flags.None) | (scores.NumCopies[i] > 0 ? Flags.Movable : Flags.None));
        return scores.Positions;
    }

    static int FillHead(ShardScores scores, int head, int[] movable, Span<byte> buffer)
    {
        var rest = buffer;
        Put(MemoryMarshal.AsBytes(scores[Score.HeadDla, head]), ref rest);
        foreach (var score in new[] { Score.MoverAttn, Score.MoverDla })
        {
            var values = scores[score, head];
            var gathered = MemoryMarshal.Cast<byte, float>(rest[..(movable.Length * sizeof(float))]);
            for (var i = 0; i < movable.Length; i++)
                gathered[i] = values[movable[i]];
            rest = rest[(movable.Length * sizeof(float))..];
        }

        return buffer.Length - rest.Length;
    }

    static void Put(ReadOnlySpan<byte> bytes, ref Span<byte> rest)
    {
        bytes.CopyTo(rest);
        rest = rest[bytes.Length..];
    }
}
