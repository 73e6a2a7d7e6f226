using HeadScope.Data.Frames;
using HeadScope.Tests.Support;

namespace HeadScope.Data.Tests.Frames;

/// <summary>What we write, DuckDB and hyparquet read back to the bit.</summary>
public sealed class ParquetRoundTripTests : IDisposable
{
    static readonly ParquetOptions Default = new() { CreatedBy = "test" };
    static readonly ParquetOptions Small = Default with { RowsPerGroup = 1000 };

    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [SkippableFact]
    public void Read_EveryType_HasTheTypeAndTheValues()
    {
        var frame = new Frame()
            .Add("int32", new[] { 0, -1, int.MinValue, int.MaxValue, 7, 8, 9 })
            .Add("int64", new[] { 0, -1, long.MinValue, long.MaxValue, 7, 8, 9 })
            .Add("float32", new[] { -0f, 0f, float.NaN, float.PositiveInfinity, float.NegativeInfinity, float.Epsilon, 0.1f })
            .Add("float64", new[] { -0.0, 0, double.NaN, double.PositiveInfinity, double.NegativeInfinity, double.Epsilon, 0.1 })
            .Add("bool", new[] { true, false, true, true, false, false, true })
            .Add("utf8", new[] { "", "L3H7", "é", "日本語", "\U0001F600", "a\0b", "\uFFFD" });
        ParquetReaders.AssertHolds(Write("types.parquet", frame));
    }

    [SkippableFact]
    public void Read_AroundARowGroupBoundary_HasAllRows() => ParquetReaders.AssertHolds(
        [.. new[] { 0, 1, 999, 1000, 1001, 2000, 2001 }.Select(rows =>
            Write($"rows-{rows}.parquet", RandomFrames.Next(new Random(rows), rows)))]);

    [SkippableFact]
    public void Read_DictionaryAtTheEdgeOfABitWidth_HasAllValues()
    {
        var files = new List<(string, Frame)>();
        foreach (var distinct in new[] { 1, 2, 3, 255, 256, 257, 65535, 65536, 65537 })
        {
            var random = new Random(distinct);
            var repeats = Enumerable.Range(0, 3 * distinct + 40).Select(_ => random.Next(distinct));
            int[] indices = [.. Enumerable.Range(0, distinct), .. repeats];
            var frame = new Frame()
                .Add("ints", indices.Select(i => i * 40503 - 5).ToArray())
                .Add("longs", indices.Select(i => i * 0x123456789ABL).ToArray())
                .Add("strings", indices.Select(i => $"L{i}").ToArray());
            files.Add(Write($"distinct-{distinct}.parquet", frame, Default));
        }

        ParquetReaders.AssertHolds([.. files]);
    }

    [SkippableFact]
    public void Read_RunsOfEveryLengthAmongOtherValues_HasAllValues()
    {
        var values = new List<int>();
        for (var run = 1; run < 70; run++)
        {
            values.AddRange(Enumerable.Repeat(run % 5, run));
            values.AddRange(Enumerable.Range(0, run % 11));
        }

        values.AddRange(Enumerable.Repeat(3, 5000));
        // One, two, three and four bits a value: the shortest run worth its header differs.
        var frame = new Frame()
            .Add("one", values.Select(value => value & 1).ToArray())
            .Add("two", values.Select(value => value & 3).ToArray())
            .Add("three", values.Select(value => value & 7).ToArray())
            .Add("four", values.ToArray());
        ParquetReaders.AssertHolds(
            Write("runs.parquet", frame), Write("runs-long-pages.parquet", frame, Default));
    }

    [SkippableFact]
    public void Read_DictionaryThatWouldPassItsLimit_HasAllValues()
    {
        // 300,000 distinct values come first, then repeats.
        var values = Enumerable.Range(0, 300_000).Concat(Enumerable.Repeat(1, 700_000)).ToArray();
        var file = Write("limit.parquet", new Frame().Add("ints", values), Default);
        Assert.Equal(
            [[$"{values.Sum(value => (long)value)}", "300000"]],
            ParquetReaders.Query($"select sum(ints), count(distinct ints) from '{file.Path}'"));
    }

    [SkippableFact]
    public void Read_RandomFrames_AreTheSame()
    {
        const int Seed = 2026;
        var random = new Random(Seed);
        var files = new List<(string, Frame)>();
        for (var i = 0; i < 40; i++)
        {
            var frame = RandomFrames.Next(random, random.Next(5000));
            var options = Small with { RowsPerGroup = random.Next(1, 6000) };
            files.Add(Write($"seed-{Seed}-frame-{i}.parquet", frame, options));
        }

        ParquetReaders.AssertHolds([.. files]);
    }

    (string Path, Frame Frame) Write(string name, Frame frame, ParquetOptions? options = null)
    {
        var path = _folder.File(name);
        using var stream = File.Create(path);
        using var writer = new ParquetWriter(stream, frame.Columns, options ?? Small);
        writer.Append([.. frame.Values]);
        writer.Complete();
        return (path, frame);
    }
}
