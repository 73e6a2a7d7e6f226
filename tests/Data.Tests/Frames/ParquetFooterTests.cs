using HeadScope.Data.Frames;
using HeadScope.Tests.Support;

namespace HeadScope.Data.Tests.Frames;

/// <summary>What DuckDB reports of the footer.</summary>
public sealed class ParquetFooterTests : IDisposable
{
    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [SkippableFact]
    public void Statistics_Integers_AreTheExtremes()
    {
        var random = new Random(8);
        var ints = Enumerable.Range(0, 1001).Select(_ => random.Next(-500, 500)).ToArray();
        var frame = new Frame().Add("ints", ints).Add("longs", ints.Select(value => value * 10_000_000_000).ToArray());
        var (low, high) = (ints.Min(), ints.Max());
        Assert.Equal(
            [["ints", $"{low}", $"{high}", "0"], ["longs", $"{low * 10_000_000_000}", $"{high * 10_000_000_000}", "0"]],
            Statistics(frame));
    }

    [SkippableFact]
    public void Statistics_OtherColumns_AreAbsent() => Assert.Equal(
        [["floats", null, null, null], ["doubles", null, null, null], ["flags", null, null, null], ["strings", null, null, null]],
        Statistics(new Frame()
            .Add("floats", new[] { 1, float.NaN, -2.5f })
            .Add("doubles", new[] { 1, 2, 3.0 })
            .Add("flags", new[] { true, false, true })
            .Add("strings", new[] { "a", "b", "" })));

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
            [["HeadScope version 1.2.3", "1", "1", "2"]],
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
        var options = new ParquetOptions { CreatedBy = "test", RowsPerGroup = frame.Rows > 2000 ? 1000 : 2000 };
        using var writer = new ParquetWriter(stream, frame.Columns, options);
        writer.Append([.. frame.Values]);
        writer.Complete();
        return path;
    }
}
