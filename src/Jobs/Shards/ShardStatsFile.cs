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

    /// <exception cref="InvalidDataException">The blob is damaged; the message names it.</exception>
    public static (ShardRecord Record, HeadStatistics Statistics) Read(byte[] blob, string name)
    {
        try
        {
            if (blob.Length < 16 || BitConverter.ToUInt32(blob, blob.Length - 4) != ShardScoresFile.Checksum(blob.AsSpan(0, blob.Length - 4)))
                throw new InvalidDataException("its checksum is wrong");
            using var reader = new BinaryReader(new MemoryStream(blob, 0, blob.Length - 4), Encoding.UTF8);
            if (reader.ReadUInt32() != Magic || reader.ReadByte() != Version)
                throw new InvalidDataException("it is not a shard's statistics of a version that is known here");
            var record = JobJson.Read<ShardRecord>(reader.ReadBytes(reader.Read7BitEncodedInt()), name);
            var statistics = new HeadStatistics(reader.Read7BitEncodedInt(), reader.Read7BitEncodedInt());
            foreach (var part in Parts(statistics))
            {
                ReadInto(reader, part.Histogram);
                ReadInto(reader, part.Moments);
                ReadInto(reader, part.Highest);
                ReadInto(reader, part.Lowest);
            }

            return (record, statistics);
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException or FormatException)
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

    static void ReadInto(BinaryReader reader, BucketHistogram histogram)
    {
        var bucket = 0;
        for (var left = reader.Read7BitEncodedInt(); left > 0; left--)
        {
            bucket += reader.Read7BitEncodedInt();
            histogram.Add(bucket, reader.Read7BitEncodedInt64());
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

    static void ReadInto(BinaryReader reader, Moments moments)
    {
        var row = new RowSum
        {
            Count = checked((int)reader.Read7BitEncodedInt64()),
            NaNs = checked((int)reader.Read7BitEncodedInt64()),
            Infinities = checked((int)reader.Read7BitEncodedInt64()),
            Min = reader.ReadSingle(),
            Max = reader.ReadSingle(),
        };
        moments.AddRow(row);
        foreach (var sum in new[] { moments.Sum, moments.SumOfSquares })
        {
            for (var left = reader.Read7BitEncodedInt(); left > 0; left--)
                sum.Add(reader.ReadDouble());
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

    static void ReadInto(BinaryReader reader, TopK top)
    {
        for (var left = reader.Read7BitEncodedInt(); left > 0; left--)
            top.Add(reader.ReadSingle(), reader.Read7BitEncodedInt(), reader.Read7BitEncodedInt());
    }
}
