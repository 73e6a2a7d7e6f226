using System.Globalization;
using HeadScope.ModelCore.Frames;
using HeadScope.Tests.Support;

namespace HeadScope.ModelCore.Tests.Frames;

/// <summary>What DuckDB reports of the footer.</summary>
public sealed class ParquetFooterTests : IDisposable
{
    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [SkippableFact]
    public void Statistics_Numbers_AreTheExtremes()
    {
        var random = new Random(8);
        var ints = Enumerable.Range(0, 1001).Select(_ => random.Next(-500, 500)).ToArray();
        var frame = new Frame()
            .Add("ints", ints)
            .Add("longs", ints.Select(value => value * 10_000_000_000).ToArray())
            .Add("floats", ints.Select(value => value / 8f).ToArray())
            .Add("doubles", ints.Select(value => value / 16.0).ToArray());
        var (low, high) = (ints.Min(), ints.Max());
        Assert.Equal(
            [
                ["ints", $"{low}", $"{high}", "0"],
                ["longs", $"{low * 10_000_000_000}", $"{high * 10_000_000_000}", "0"],
                ["floats", Decimal(low / 8.0), Decimal(high / 8.0), "0"],
                ["doubles", Decimal(low / 16.0), Decimal(high / 16.0), "0"],
            ],
            Statistics(frame));
    }

    [SkippableFact]
    public void Statistics_Zeros_SpanBothSigns() => Assert.Equal(
        [["floats", "-0.0", "0.0", "0"], ["doubles", "-0.0", "0.0", "0"]],
        Statistics(new Frame().Add("floats", new[] { 0f, 0f }).Add("doubles", new[] { -0.0, -0.0 })));

    [SkippableFact]
    public void Statistics_NothingButNaN_AreAbsent() => Assert.Equal(
        [["floats", null, null, "0"]],
        Statistics(new Frame().Add("floats", Enumerable.Repeat(float.NaN, 40).ToArray())));

    [SkippableFact]
    public void Statistics_NaNAmongNumbers_LeavesTheMaximumOut() => Assert.Equal(
        [["floats", "-2.5", null, "0"]],
        Statistics(new Frame().Add("floats", new[] { 1, float.NaN, -2.5f })));

    [SkippableFact]
    public void Statistics_Booleans_TellWhichOccur() => Assert.Equal(
        [["mixed", "false", "true", "0"], ["always", "true", "true", "0"], ["never", "false", "false", "0"]],
        Statistics(new Frame()
            .Add("mixed", new[] { true, false })
            .Add("always", new[] { true, true })
            .Add("never", new[] { false, false })));

    [SkippableFact]
    public void Statistics_Strings_AreInUtf8Order() => Assert.Equal(
        // U+1F600 is above U+FFFD, though its first UTF-16 unit is not.
        [["strings", "", "\U0001F600", "0"], ["prefixes", "ab", "abc", "0"]],
        Statistics(new Frame()
            .Add("strings", new[] { "\uFFFD", "\U0001F600", "", "z" })
            .Add("prefixes", new[] { "abc", "ab", "abb", "abc" })));

    [SkippableFact]
    public void Statistics_LongString_LeavesItsBoundOut() => Assert.Equal(
        [["strings", "a", null, "0"]],
        Statistics(new Frame().Add("strings", new[] { new string('b', 257), "a" })));

    [SkippableFact]
    public void Statistics_NaN_HidesNoRowFromAQuery()
    {
        // DuckDB takes NaN for the largest number.
        var path = Write(new Frame().Add("floats", new[] { 1f, float.NaN, 2f }));
        Assert.Equal([["1"]], ParquetReaders.Query($"select count(*) from '{path}' where floats > 100"));
        Assert.Equal([["0"]], ParquetReaders.Query($"select count(*) from '{path}' where floats < 1"));
        Assert.Equal([["1"]], ParquetReaders.Query($"select count(*) from '{path}' where isnan(floats)"));
    }

    [SkippableFact]
    public void Footer_RowGroups_AddUpToTheFile()
    {
        var path = Write(RandomFrames.Next(new Random(6), 2500));
        Assert.Equal(
            [["1000", "1000"], ["1000", "1000"], ["500", "500"]],
            ParquetReaders.Query(
                $"select row_group_num_rows, max(num_values) from parquet_metadata('{path}') group by 1, row_group_id order by 2 desc"));
        // Chunks lie end to end from behind the magic to the footer, which its length and the magic follow.
        Assert.Equal(
            [["0", "true"]],
            ParquetReaders.Query(
                $"""
                with chunk as (
                    select coalesce(dictionary_page_offset, data_page_offset) as start, total_compressed_size as size, row_group_bytes,
                        sum(total_uncompressed_size) over (partition by row_group_id) as group_size,
                        sum(total_compressed_size) over (order by row_group_id, column_id) as until
                    from parquet_metadata('{path}'))
                select count(*) filter (start + size <> 4 + until or row_group_bytes <> group_size),
                    4 + max(until) + any_value(footer_size) + 8 = any_value(file_size_bytes)
                from chunk, parquet_file_metadata('{path}')
                """));
    }

    [SkippableFact]
    public void Footer_CallersText_IsKeptInOrder()
    {
        var path = _folder.File("text.parquet");
        var frame = new Frame().Add("x", new[] { 1 });
        using (var stream = File.Create(path))
            frame.WriteParquet(stream, "HeadScope version 1.2.3", new("zebra", "1"), new("model", "gpt2 – é"));
        Assert.Equal(
            [["HeadScope version 1.2.3", "1", "1", "1"]],
            ParquetReaders.Query(
                $"select created_by, num_rows, num_row_groups, format_version from parquet_file_metadata('{path}')"));
        Assert.Equal(
            [["zebra", "1"], ["model", "gpt2 – é"]],
            ParquetReaders.Query($"select decode(key), decode(value) from parquet_kv_metadata('{path}')"));
    }

    string?[][] Statistics(Frame frame) => ParquetReaders.Query(
        $"""
        select path_in_schema, stats_min_value, stats_max_value, stats_null_count
        from parquet_metadata('{Write(frame)}') order by column_id
        """);

    string Write(Frame frame)
    {
        var path = _folder.File("footer.parquet");
        using var stream = File.Create(path);
        var options = new ParquetOptions { CreatedBy = "test", RowsPerGroup = frame.Rows > 2000 ? 1000 : 2000, RowsPerPage = 300 };
        using var writer = new ParquetWriter(stream, frame.Columns, options);
        writer.Append([.. frame.Values]);
        writer.Complete();
        return path;
    }

    static string Decimal(double value) => value.ToString("0.0###", CultureInfo.InvariantCulture);
}
