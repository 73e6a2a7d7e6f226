using System.Text.Json;
using HeadScope.ModelCore.Frames;
using HeadScope.Tests.Support;

namespace HeadScope.ModelCore.Tests.Frames;

/// <summary>What DuckDB and Rust's parquet crate write, in every compression and encoding that we read, we read back.</summary>
public sealed class ParquetPeerTests : IDisposable
{
    const int Seed = 2026;
    const int Count = 5000;

    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [SkippableFact]
    public void Read_FilesOfRustsParquet_HasAllRows()
    {
        var rows = RandomRows(new Random(Seed));
        var files = new List<RustParquetFile>();
        foreach (var compression in new[] { "UNCOMPRESSED", "SNAPPY", "GZIP", "BROTLI" })
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

        ParquetWriters.Write(rows.Select(row => new { row.Text, row.Int32, Int64 = $"{row.Int64}", row.Float32, row.Float64, row.Flag }), files);
        Assert.All(files, file => AssertHolds(file.Path, rows));
    }

    [SkippableFact]
    public void Read_FilesOfDuckDb_HasAllRows()
    {
        var rows = RandomRows(new Random(Seed + 1));
        var source = _folder.File("rows.jsonl");
        File.WriteAllLines(source, rows.Select(row => JsonSerializer.Serialize(row, JsonSerializerOptions.Web)));
        string[] names = [.. new[] { "uncompressed", "snappy", "gzip", "brotli" }.SelectMany(compression => new[] { $"{compression}-v1", $"{compression}-v2" })];
        var copies = names.Select(name =>
            $"""
            copy docs to '{_folder.File(name)}'
            (format parquet, compression {name.Split('-')[0]}, parquet_version {name.Split('-')[1]}, row_group_size 2048)
            """);
        ParquetReaders.Query(
            $$"""
            create table docs as select * from read_json('{{source}}', format = 'newline_delimited', columns = {
                text: 'VARCHAR', int32: 'INTEGER', int64: 'BIGINT', float32: 'FLOAT', float64: 'DOUBLE', flag: 'BOOLEAN' });
            {{string.Join(';', copies)}}
            """);
        Assert.All(names, name => AssertHolds(_folder.File(name), rows));
    }

    [SkippableFact]
    public void Read_MissingValues_AreFoundWhereTheyAre()
    {
        var random = new Random(Seed + 2);
        var rows = Enumerable.Range(0, 1000).Select(i => new { Text = i < 300 || random.Next(9) > 0 ? $"document {i}" : null }).ToArray();
        var first = Array.FindIndex(rows, row => row.Text is null);
        var files = new List<RustParquetFile>();
        foreach (var version in new[] { "V1", "V2" })
        {
            files.Add(new(_folder.File($"{version}-dictionary"), "SNAPPY", version, true, null, 400, 500));
            files.Add(new(_folder.File($"{version}-lengths"), "GZIP", version, false, "DELTA_LENGTH_BYTE_ARRAY", 1000, 1 << 20));
        }

        ParquetWriters.Write(rows, files);
        foreach (var path in files.Select(file => file.Path))
        {
            using var file = ParquetFile.Open(path);
            var read = new List<string>();
            var error = Assert.Throws<InvalidDataException>(() => read.AddRange(file.Read<string>("text")));
            Assert.Contains($"row {first}: found no value (null)", error.Message, StringComparison.Ordinal);
            Assert.Equal(rows.Take(first).Select(row => row.Text), read);
        }
    }

    static void AssertHolds(string path, SampleRow[] rows)
    {
        using var file = ParquetFile.Open(path);
        AssertSame(file, "text", rows, row => row.Text);
        AssertSame(file, "int32", rows, row => row.Int32);
        AssertSame(file, "int64", rows, row => row.Int64);
        AssertSame(file, "float32", rows, row => row.Float32);
        AssertSame(file, "float64", rows, row => row.Float64);
        AssertSame(file, "flag", rows, row => row.Flag);
    }

    static void AssertSame<T>(ParquetFile file, string column, SampleRow[] rows, Func<SampleRow, T> value) => Assert.True(
        file.Read<T>(column).SequenceEqual(rows.Select(value)), $"{file.Location}, seed {Seed}: column '{column}' differs.");

    /// <summary>Long texts and short, new ones and old; numbers that jump, and numbers that hardly move.</summary>
    static SampleRow[] RandomRows(Random random)
    {
        string[] words = ["the", " attention", " head", "\n\n", "é", "日本語", "\U0001F600", "\t", "\"said\"", "\\", " ", "\uFFFD", "\u00A0"];
        var rows = new SampleRow[Count];
        for (var i = 0; i < Count; i++)
        {
            var text = i > 0 && random.Next(3) == 0
                ? rows[random.Next(i)].Text
                : string.Concat(random.GetItems(words, random.Next(100) == 0 ? 2000 : random.Next(20)));
            rows[i] = new SampleRow(
                text, random.Next(int.MinValue, int.MaxValue) >> random.Next(32), random.NextInt64(long.MinValue, long.MaxValue) >> random.Next(64),
                random.Next(4) / 8f, random.NextDouble(), random.Next(20) == 0 ^ i % 1000 < 500);
        }

        return rows;
    }
}
