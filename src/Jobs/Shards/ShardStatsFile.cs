using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
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
    const byte Version = 1;

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
            foreach (var part in Parts(statistics))
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

    /// <summary>Reads a shard's record and statistics.</summary>
    /// <exception cref="InvalidDataException">The blob is damaged; the message names it.</exception>
    public static (ShardRecord Record, HeadStatistics Statistics) Read(byte[] blob, string name)
    {
        HeadStatistics? statistics = null;
        var record = Read(blob, name, (heads, examples) => statistics = new HeadStatistics(heads, examples));
        return (record, statistics!);
    }

    /// <summary>Reads a shard's record, and adds its statistics to those of other shards.</summary>
    /// <param name="target">What to add to, given how many heads and examples the shard has.</param>
    /// <exception cref="InvalidDataException">The blob is damaged, or the shard does not add up; the message names it.</exception>
    public static ShardRecord Read(byte[] blob, string name, Func<int, int, HeadStatistics> target)
    {
        try
        {
            if (blob.Length < 16 || BitConverter.ToUInt32(blob, blob.Length - 4) != ShardScoresFile.Checksum(blob.AsSpan(0, blob.Length - 4)))
                throw new InvalidDataException("its checksum is wrong");
            var reader = new SpanReader(blob.AsSpan(0, blob.Length - 4));
            if (reader.UInt32() != Magic || reader.Byte() != Version)
                throw new InvalidDataException("it is not a shard's statistics of a version that is known here");
            var record = JobJson.Read<ShardRecord>(reader.Bytes((int)reader.Varint()).ToArray(), name);
            var statistics = target((int)reader.Varint(), (int)reader.Varint());
            foreach (var part in Parts(statistics))
            {
                var before = (part.Histogram.Total, part.Moments.Count, part.Moments.Infinities);
                ReadInto(ref reader, part.Histogram);
                ReadInto(ref reader, part.Moments);
                ReadInto(ref reader, part.Highest);
                ReadInto(ref reader, part.Lowest);
                if (part.Histogram.Total - before.Total != part.Moments.Count - before.Count + part.Moments.Infinities - before.Infinities)
                    throw new InvalidDataException("a histogram and its moments count different numbers of values");
            }

            return record;
        }
        catch (Exception e) when (e is InvalidDataException or IndexOutOfRangeException or ArgumentException or OverflowException)
        {
            throw new InvalidDataException($"{name}: the shard's statistics cannot be read: {e.Message}. Delete the blob to have the shard scored again.", e);
        }
    }

    static IEnumerable<ScoreStatistics> Parts(HeadStatistics statistics) =>
        from head in Enumerable.Range(0, statistics.Heads)
        from score in Enumerable.Range(0, ScoreNames.Scores)
        from population in Enumerable.Range(0, ScoreNames.CountedPopulations)
        select statistics[head, (Score)score, (Population)population];

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

    static void ReadInto(ref SpanReader reader, BucketHistogram histogram)
    {
        var bucket = 0;
        for (var left = reader.Varint(); left > 0; left--)
        {
            bucket += (int)reader.Varint();
            histogram.Add(bucket, reader.Varint());
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

    static void ReadInto(ref SpanReader reader, Moments moments)
    {
        moments.AddRow(new RowSum
        {
            Count = checked((int)reader.Varint()),
            NaNs = checked((int)reader.Varint()),
            Infinities = checked((int)reader.Varint()),
            Min = reader.Single(),
            Max = reader.Single(),
        });
        foreach (var sum in new[] { moments.Sum, moments.SumOfSquares })
        {
            for (var left = reader.Varint(); left > 0; left--)
                sum.Add(reader.Double());
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

    static void ReadInto(ref SpanReader reader, TopK top)
    {
        for (var left = reader.Varint(); left > 0; left--)
            top.Add(reader.Single(), (int)reader.Varint(), (int)reader.Varint());
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
