using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using HeadScope.Jobs.Store;
using HeadScope.ModelCore.Statistics;

namespace HeadScope.Jobs.Shards;

/// <summary>
/// A committed shard's statistics as a blob: the magic <c>HSST</c>, a version, the <see cref="ShardRecord"/> as JSON, then for
/// each head, score and counted population its histogram (bucket and count, as differences in 7-bit groups), moments and
/// examples; last, a CRC-32C of all before.
/// </summary>
public static class ShardStatsFile
{
    const uint Magic = 0x54535348; // "HSST"
    const byte Version = 2;

    /// <summary>More than the parts of any sum: they do not overlap, and float64 has 2,100 binary places.</summary>
    const int MostSumParts = 100;

    /// <summary>
    /// Of a float32, and its rounding in a sum. Sums within it stay in the range of float64, however many shards are merged.
    /// </summary>
    const double LargestSquare = 2.0 * float.MaxValue * float.MaxValue;

    public static byte[] Write(ShardRecord record, HeadStatistics statistics)
    {
        using var memory = new MemoryStream();
        using (var writer = new BinaryWriter(memory, Encoding.UTF8, leaveOpen: true))
        {
            writer.Write(Magic);
            writer.Write(Version);
            var json = JsonSerializer.SerializeToUtf8Bytes(record, JobJson.Options);
            writer.Write7BitEncodedInt(json.Length);
            writer.Write(json);
            writer.Write7BitEncodedInt(statistics.Heads);
            writer.Write7BitEncodedInt(statistics.Examples);
            foreach (var part in statistics.Parts)
            {
                Write(writer, part.Histogram);
                Write(writer, part.Moments);
                Write(writer, part.Highest);
                Write(writer, part.Lowest);
            }
        }

        var checksum = ShardScoresFile.Checksum(memory.GetBuffer().AsSpan(0, (int)memory.Length));
        memory.Write(BitConverter.GetBytes(checksum));
        return memory.ToArray();
    }

    /// <summary>Reads a shard's record, and adds its statistics to those of other shards.</summary>
    /// <param name="shape">What it has to be.</param>
    /// <param name="statistics">What to add to, of that shape. Of a blob that turns out to be damaged, some may have been added.</param>
    /// <exception cref="InvalidDataException">The blob is damaged, of another job or plan, or does not add up; the message names
    /// it.</exception>
    /// <exception cref="UnreadableBlobException">A newer version wrote it.</exception>
    public static ShardRecord Read(byte[] blob, string name, ShardShape shape, HeadStatistics statistics) =>
        Read(blob, name, shape, () => statistics);

    /// <inheritdoc cref="Read(byte[], string, ShardShape, HeadStatistics)"/>
    /// <param name="target">Makes room for the statistics, once the blob is seen to be whole and of that shape.</param>
    public static ShardRecord Read(byte[] blob, string name, ShardShape shape, Func<HeadStatistics> target)
    {
        try
        {
            if (blob.Length < 16 || BitConverter.ToUInt32(blob, blob.Length - 4) != ShardScoresFile.Checksum(
                blob.AsSpan(0, blob.Length - 4)))
                throw new InvalidDataException("its checksum is wrong");
            var reader = new SpanReader(blob.AsSpan(0, blob.Length - 4));
            if (reader.UInt32() != Magic)
                throw new InvalidDataException("it is not a shard's statistics");
            var version = reader.Byte();
            if (version > Version)
                throw new UnreadableBlobException(
                    name, $"a newer version of HeadScope committed this shard (version {version}, where this one knows {Version})",
                    "Use that version or a later one with it.");
            if (version != Version)
                throw new InvalidDataException($"it is of version {version}, which is not known");
            var record = JobJson.Read<ShardRecord>(reader.Bytes(checked((int)reader.Varint())).ToArray(), name);
            if (shape.FaultOf(record) is { } fault)
                throw new InvalidDataException(fault);
            var (heads, examples) = (reader.Varint(), reader.Varint());
            if (heads != shape.Heads || examples != shape.Examples)
                throw new InvalidDataException(
                    $"it is of {heads} heads and {examples} examples, where the job has {shape.Heads} and {shape.Examples}");
            if (blob.Length < shape.FewestStatsBytes)
                throw new InvalidDataException("it ends too early");
            foreach (var part in target().Parts)
            {
                var before = (part.Histogram.Total, part.Moments.Count, part.Moments.Infinities);
                ReadInto(ref reader, part.Histogram, record);
                ReadInto(ref reader, part.Moments, record);
                ReadInto(ref reader, part.Highest, record);
                ReadInto(ref reader, part.Lowest, record);
                if (part.Histogram.Total - before.Total != part.Moments.Count - before.Count + part.Moments.Infinities - before.Infinities)
                    throw new InvalidDataException("a histogram and its moments count different numbers of values");
            }

            return record;
        }
        catch (Exception e) when (e is InvalidDataException or IndexOutOfRangeException or ArgumentException or OverflowException)
        {
            throw new InvalidDataException(
                $"{name}: the shard's statistics cannot be read: {e.Message}. Delete the blob to have the shard scored again.", e);
        }
    }

    static void Write(BinaryWriter writer, BucketHistogram histogram)
    {
        writer.Write7BitEncodedInt(histogram.Counts.Count());
        var previous = 0;
        foreach (var (bucket, count) in histogram.Counts)
        {
            writer.Write7BitEncodedInt(bucket - previous);
            writer.Write7BitEncodedInt64(count);
            previous = bucket;
        }
    }

    static void ReadInto(ref SpanReader reader, BucketHistogram histogram, ShardRecord record)
    {
        var bucket = 0;
        for (var left = reader.Count(BucketHistogram.Buckets); left > 0; left--)
        {
            bucket += reader.Count(BucketHistogram.Buckets - 1);
            histogram.Add(bucket, reader.Count(record.Positions));
        }
    }

    static void Write(BinaryWriter writer, Moments moments)
    {
        writer.Write7BitEncodedInt64(moments.Count);
        writer.Write7BitEncodedInt64(moments.NaNs);
        writer.Write7BitEncodedInt64(moments.Infinities);
        writer.Write(moments.Min);
        writer.Write(moments.Max);
        foreach (var sum in new[] { moments.Sum, moments.SumOfSquares })
        {
            writer.Write7BitEncodedInt(sum.Parts.Count);
            foreach (var part in sum.Parts)
                writer.Write(part);
        }
    }

    static void ReadInto(ref SpanReader reader, Moments moments, ShardRecord record)
    {
        moments.AddRow(new RowSum
        {
            Count = reader.Count(record.Positions),
            NaNs = reader.Count(record.Positions),
            Infinities = reader.Count(record.Positions),
            Min = reader.Single(),
            Max = reader.Single(),
        });
        foreach (var sum in new[] { moments.Sum, moments.SumOfSquares })
        {
            for (var left = reader.Count(MostSumParts); left > 0; left--)
            {
                var part = reader.Double();
                sum.Add(
                    Math.Abs(part) <= LargestSquare * record.Positions ? part : throw new InvalidDataException("a sum is of no scores"));
            }
        }
    }

    static void Write(BinaryWriter writer, TopK top)
    {
        writer.Write7BitEncodedInt(top.Best.Count);
        foreach (var example in top.Best)
        {
            writer.Write(example.Value);
            writer.Write7BitEncodedInt(example.Row);
            writer.Write7BitEncodedInt(example.Position);
        }
    }

    static void ReadInto(ref SpanReader reader, TopK top, ShardRecord record)
    {
        for (var left = reader.Count(top.Capacity); left > 0; left--)
        {
            var value = reader.Single();
            var row = reader.Count(record.FirstRow + record.Rows - 1);
            top.Add(value, row, reader.Count(record.PositionsPerRow - 1));
        }
    }

    /// <summary>Reads what <see cref="BinaryWriter"/> writes, without its price for each number.</summary>
    ref struct SpanReader(ReadOnlySpan<byte> bytes)
    {
        readonly ReadOnlySpan<byte> _bytes = bytes;
        int _position;

        public byte Byte() => _bytes[_position++];

        public uint UInt32() => BinaryPrimitives.ReadUInt32LittleEndian(Bytes(sizeof(uint)));

        public float Single() => BinaryPrimitives.ReadSingleLittleEndian(Bytes(sizeof(float)));

        public double Double() => BinaryPrimitives.ReadDoubleLittleEndian(Bytes(sizeof(double)));

        public ReadOnlySpan<byte> Bytes(int count)
        {
            var slice = _bytes.Slice(_position, count);
            _position += count;
            return slice;
        }

        /// <summary>A number from 0 to one that it cannot exceed.</summary>
        public int Count(int most)
        {
            var value = Varint();
            return value >= 0 && value <= most
                ? (int)value
                : throw new InvalidDataException($"a number is {value}, where at most {most} is possible");
        }

        /// <summary>Seven bits a byte, the lowest first.</summary>
        public long Varint()
        {
            long value = 0;
            for (var shift = 0; shift < 64; shift += 7)
            {
                var next = _bytes[_position++];
                value |= (long)(next & 0x7F) << shift;
                if (next < 0x80)
                    return value;
            }

            throw new InvalidDataException("a number is too long");
        }
    }
}
