using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;
using HeadScope.Jobs.Store;
using HeadScope.ModelCore.Scoring;

namespace HeadScope.Jobs.Shards;

/// <summary>
/// The scores of a shard as a blob, in sections, little-endian, without a header: what is in it is said, with a checksum for each
/// section, in the shard's statistics, which alone make it valid.
/// </summary>
/// <remarks>
/// Section 0: predicted token (int32), loss (float32), number of copies (int32), each [position]. Section 1, a byte each, [position]:
/// whether induction explains the target, and then, for each set of the selection, whether it has sources. Then one section for each head:
/// its stored scores, float32, one after the other; those that are 0 where a set has no sources, at the other positions only.
/// </remarks>
public static class ShardScoresFile
{
    /// <summary>The section that describes positions.</summary>
    public const int DescriptionSection = 0;

    /// <summary>The section that says what is true of positions.</summary>
    public const int FlagsSection = 1;

    /// <summary>The first of the heads' sections.</summary>
    public const int FirstHeadSection = 2;

    /// <summary>Writes the blob and returns each section's checksum.</summary>
    /// <param name="withSources">See <see cref="ShardRecord.WithSources"/>.</param>
    public static async Task<uint[]> WriteAsync(
        ScoreTable table, IReadOnlyList<int> withSources, IBlobStore store, string name, CancellationToken cancellation)
    {
        var checksums = new uint[table.Heads + FirstHeadSection];
        var layout = new Layout(table.Selection, table.Positions, withSources);
        var present = table.Selection.Sets.Select(set => IndicesOf(table.HasSources(set))).ToArray();
        var buffer = new byte[Enumerable.Range(0, FirstHeadSection + 1).Max(section => layout.Section(section).Length)];
        await store.WriteAsync(name, async (stream, token) =>
        {
            for (var section = 0; section < checksums.Length; section++)
            {
                switch (section)
                {
                    case DescriptionSection:
                        Describe(table, buffer);
                        break;
                    case FlagsSection:
                        Flag(table, buffer);
                        break;
                    default:
                        FillHead(table, section - FirstHeadSection, present, buffer);
                        break;
                }

                var length = layout.Section(section).Length;
                checksums[section] = Checksum(buffer.AsSpan(0, length));
                await stream.WriteAsync(buffer.AsMemory(0, length), token).ConfigureAwait(false);
            }
        }, cancellation).ConfigureAwait(false);
        return checksums;
    }

    /// <summary>For each set of a table's selection, at how many positions it has sources.</summary>
    public static IReadOnlyList<int> CountWithSources(ScoreTable table) =>
        [.. table.Selection.Sets.Select(set => table.HasSources(set).Count(true))];

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

    static int[] IndicesOf(ReadOnlySpan<bool> flags)
    {
        var indices = new List<int>(flags.Length);
        for (var i = 0; i < flags.Length; i++)
        {
            if (flags[i])
                indices.Add(i);
        }

        return [.. indices];
    }

    static void Describe(ScoreTable table, Span<byte> buffer)
    {
        Put(MemoryMarshal.AsBytes(table.Targets), ref buffer);
        Put(MemoryMarshal.AsBytes(table.Loss), ref buffer);
        Put(MemoryMarshal.AsBytes(table.NumCopies), ref buffer);
    }

    static void Flag(ScoreTable table, Span<byte> buffer)
    {
        Put(MemoryMarshal.AsBytes(table.IsInduction), ref buffer);
        foreach (var set in table.Selection.Sets)
            Put(MemoryMarshal.AsBytes(table.HasSources(set)), ref buffer);
    }

    static void FillHead(ScoreTable table, int head, int[][] present, Span<byte> buffer)
    {
        foreach (var score in table.Selection.Stored)
        {
            var values = table[score, head];
            if (score.ZeroWithout is not { } set)
            {
                Put(MemoryMarshal.AsBytes(values), ref buffer);
                continue;
            }

            var positions = present[table.Selection.IndexOf(set)];
            var gathered = MemoryMarshal.Cast<byte, float>(buffer)[..positions.Length];
            for (var i = 0; i < positions.Length; i++)
                gathered[i] = values[positions[i]];
            buffer = buffer[(positions.Length * sizeof(float))..];
        }
    }

    static void Put(ReadOnlySpan<byte> bytes, ref Span<byte> rest)
    {
        bytes.CopyTo(rest);
        rest = rest[bytes.Length..];
    }

    /// <summary>Where things are in the blob of a shard.</summary>
    /// <param name="withSources">See <see cref="ShardRecord.WithSources"/>.</param>
    public readonly struct Layout(ScoreSelection selection, int positions, IReadOnlyList<int> withSources)
    {
        const int DescriptionBytes = 3 * sizeof(int); // of a position

        /// <summary>Where a section starts and how long it is, in bytes.</summary>
        public (long Offset, int Length) Section(int section)
        {
            var description = checked(DescriptionBytes * positions);
            var flags = checked((1 + selection.Sets.Count) * positions);
            return section switch
            {
                DescriptionSection => (0, description),
                FlagsSection => (description, flags),
                _ => (description + flags + (long)(section - FirstHeadSection) * HeadBytes, HeadBytes),
            };
        }

        /// <summary>How long the blob is, in bytes.</summary>
        public long Length(int heads)
        {
            var (offset, length) = Section(FirstHeadSection + heads - 1);
            return offset + length;
        }

        /// <summary>A stored score's part of a head's section.</summary>
        /// <param name="index">Its place among the stored scores.</param>
        public Range Values(int index)
        {
            var first = 0;
            for (var i = 0; i < index; i++)
                first += CountOf(i);
            return first..(first + CountOf(index));
        }

        int HeadBytes
        {
            get
            {
                var (count, stored) = (0, selection.Stored.Count);
                for (var i = 0; i < stored; i++)
                    count = checked(count + CountOf(i));
                return checked(count * sizeof(float));
            }
        }

        int CountOf(int index) => selection.Stored[index].ZeroWithout is { } set ? withSources[selection.IndexOf(set)] : positions;
    }
}
