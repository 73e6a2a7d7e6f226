using HeadScope.Data.Frames;
using HeadScope.Tests.Support;
using Xunit.Abstractions;

namespace HeadScope.Data.Tests.Frames;

/// <summary>Damaged Parquet files give texts or are refused.</summary>
[Collection(nameof(AloneInTheProcess))]
public sealed class ParquetFuzzTests(ITestOutputHelper output) : IDisposable
{
    /// <summary>Texts read of a file: a run of a few bytes may say that it has 2^31.</summary>
    const int MaxTexts = 20_000;

    static readonly string[] Files =
    [
        "small_v2_deltas.parquet", "small_v2_dictionary.parquet", "arrow_uncompressed_v1_plain.parquet", "arrow_snappy_v1_dictionary.parquet", "arrow_gzip_v2_deltas.parquet",
        "arrow_brotli_v2_dictionary.parquet", "arrow_zstd_v2.parquet", "duckdb_snappy_v1.parquet", "duckdb_gzip_v2.parquet", "nested.parquet", "nulls.parquet",
    ];

    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Read_DamagedFile_GivesTextsOrInvalidData()
    {
        var mutator = new ParquetMutator([.. Files.Select(name => File.ReadAllBytes(ParquetSamples.PathOf(name)))]);
        var path = _folder.File("damaged.parquet");
        var peak = new PeakMemory();
        FuzzRun.Check(output, 8_000, mutator.Next, bytes => 256L * bytes + (1 << 20), bytes =>
        {
            File.WriteAllBytes(path, bytes);
            foreach (var _ in new ParquetText(path, "text").Read().Take(MaxTexts))
            {
            }
        });

        // What the process grows by of itself, and a page.
        output.WriteLine($"memory grew by {peak.Growth / 1e6:F0} MB");
        Assert.InRange(peak.Growth, 0, 128 << 20);
    }
}
