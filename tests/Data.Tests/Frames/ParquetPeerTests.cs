using System.Text.Json;
using HeadScope.Data.Frames;
using HeadScope.Tests.Support;

namespace HeadScope.Data.Tests.Frames;

/// <summary>
/// The texts that DuckDB and Rust's parquet crate write, in every compression and encoding that they have for them, we read back.
/// </summary>
public sealed class ParquetPeerTests : IDisposable
{
    const int Seed = 2026;
    const int Count = 5000;

    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [SkippableFact]
    public void Read_FilesOfRustsParquet_HasAllTexts()
    {
        var texts = RandomTexts(new Random(Seed));
        var files = new List<RustParquetFile>();
        foreach (var compression in new[] { "UNCOMPRESSED", "SNAPPY", "GZIP", "BROTLI", "ZSTD", "LZ4_RAW" })
        {
            foreach (var version in new[] { "V1", "V2" })
            {
                var name = $"{compression}-{version}";
                files.Add(new(_folder.File($"{name}-dictionary"), compression, version, true, null, 1700, 2000));
                files.Add(new(_folder.File($"{name}-plain"), compression, version, false, "PLAIN", Count, 1 << 20));
            }

            files.Add(new(_folder.File($"{compression}-lengths"), compression, "V2", false, "DELTA_LENGTH_BYTE_ARRAY", 600, 3000));
            files.Add(new(_folder.File($"{compression}-prefixes"), compression, "V1", false, "DELTA_BYTE_ARRAY", Count, 30_000));
        }

        ParquetWriters.Write(texts, files);
        Assert.All(files, file => AssertHolds(file.Path, texts));
    }

    [SkippableFact]
    public void Read_FilesOfDuckDb_HasAllTexts()
    {
        var texts = RandomTexts(new Random(Seed + 1));
        var source = _folder.File("rows.jsonl");
        File.WriteAllLines(source, texts.Select(text => JsonSerializer.Serialize(new { text })));
        string[] compressions = ["uncompressed", "snappy", "gzip", "brotli", "zstd", "lz4", "lz4_raw"];
        string[] names = [.. compressions.SelectMany(compression => new[] { $"{compression}-v1", $"{compression}-v2" })];
        var copies = names.Select(name =>
            $"""
            copy docs to '{_folder.File(name)}'
            (format parquet, compression {name.Split('-')[0]}, parquet_version {name.Split('-')[1]}, row_group_size 2048)
            """);
        ParquetReaders.Query(
            $$"""
            create table docs as select * from read_json('{{source}}', format = 'newline_delimited', columns = { text: 'VARCHAR' });
            {{string.Join(';', copies)}}
            """);
        Assert.All(names, name => AssertHolds(_folder.File(name), texts));
    }

    [SkippableFact]
    public void Read_MissingValues_AreFoundWhereTheyAre()
    {
        var random = new Random(Seed + 2);
        var texts = Enumerable.Range(0, 1000).Select(i => i < 300 || random.Next(9) > 0 ? $"document {i}" : null).ToArray();
        var first = Array.IndexOf(texts, null);
        var files = new List<RustParquetFile>();
        foreach (var version in new[] { "V1", "V2" })
        {
            files.Add(new(_folder.File($"{version}-dictionary"), "SNAPPY", version, true, null, 400, 500));
            files.Add(new(_folder.File($"{version}-lengths"), "GZIP", version, false, "DELTA_LENGTH_BYTE_ARRAY", 1000, 1 << 20));
        }

        ParquetWriters.Write(texts, files);
        foreach (var path in files.Select(file => file.Path))
        {
            var read = new List<string>();
            var error = Assert.Throws<InvalidDataException>(() => read.AddRange(new ParquetText(path, "text").Read()));
            Assert.Contains($"row {first}: found no value (null)", error.Message, StringComparison.Ordinal);
            Assert.Equal(texts.Take(first), read);
        }
    }

    static void AssertHolds(string path, string[] texts) =>
        Assert.True(new ParquetText(path, "text").Read().SequenceEqual(texts), $"{path}, seed {Seed}.");

    /// <summary>Long texts and short, new ones and old.</summary>
    static string[] RandomTexts(Random random)
    {
        string[] words = ["the", " attention", " head", "\n\n", "é", "日本語", "\U0001F600", "\t", "\"said\"", "\\", " ", "\uFFFD", "\u00A0"];
        var texts = new string[Count];
        for (var i = 0; i < Count; i++)
        {
            texts[i] = i > 0 && random.Next(3) == 0
                ? texts[random.Next(i)]
                : string.Concat(random.GetItems(words, random.Next(100) == 0 ? 2000 : random.Next(20)));
        }

        return texts;
    }
}
