using System.Text.Json;

namespace HeadScope.Tests.Support;

/// <summary>A Parquet file for Rust's parquet crate to write.</summary>
/// <param name="Compression">A name of its <c>Compression</c>: UNCOMPRESSED, SNAPPY, GZIP, BROTLI, ZSTD, LZ4_RAW.</param>
/// <param name="Version">V1 or V2, of the pages.</param>
/// <param name="Encoding">A name of its <c>Encoding</c>, for the column <c>text</c>; null for the version's own choice.</param>
/// <param name="Group">Most rows of a row group.</param>
/// <param name="Page">Bytes at which a page ends.</param>
internal sealed record RustParquetFile(
    string Path, string Compression, string Version, bool Dictionary, string? Encoding, int Group, int Page);

/// <summary>Rust's parquet crate, a writer that shares no code with DuckDB or with us.</summary>
internal static class ParquetWriters
{
    static readonly string[] Packages = ["apache-arrow@21.2.0", "parquet-wasm@0.8.0"];

    /// <summary>Writes the same texts to the column <c>text</c> of every file.</summary>
    /// <param name="texts">Null is a missing value.</param>
    /// <param name="files">Where and how.</param>
    public static void Write(IEnumerable<string?> texts, IEnumerable<RustParquetFile> files)
    {
        using var folder = new TemporaryFolder();
        var request = folder.File("request.json");
        using (var stream = File.Create(request))
            JsonSerializer.Serialize(stream, new { texts, files }, JsonSerializerOptions.Web);
        NodePackages.Run("parquet-write.mjs", Packages, request);
    }
}
