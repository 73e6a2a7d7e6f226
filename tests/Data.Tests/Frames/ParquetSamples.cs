using System.Text.Json;
using HeadScope.Tests.Support;

namespace HeadScope.Data.Tests.Frames;

/// <summary>What is read of a row of the Parquet files in tests/fixtures/text, which rows.jsonl lists.</summary>
internal sealed record SampleRow(string Text);

/// <summary>Small files that Rust's parquet crate (arrow_*) and DuckDB (duckdb_*) wrote of the same rows.</summary>
internal static class ParquetSamples
{
    public static IReadOnlyList<SampleRow> Rows { get; } =
        [.. File.ReadLines(PathOf("rows.jsonl")).Select(line => JsonSerializer.Deserialize<SampleRow>(line, JsonSerializerOptions.Web)!)];

    public static string PathOf(string name) => Fixture.PathOf("text", name);
}
