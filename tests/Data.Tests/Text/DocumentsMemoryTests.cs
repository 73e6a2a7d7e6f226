using System.Globalization;
using System.IO.Compression;
using System.Text;
using HeadScope.Data.Frames;
using HeadScope.Data.Text;
using HeadScope.Tests.Support;
using Xunit.Abstractions;

namespace HeadScope.Data.Tests.Text;

/// <summary>
/// Memory while reading does not grow with the data. HEADSCOPE_TEXT_MEGABYTES reads more of it than the default 64.
/// </summary>
[Collection(nameof(AloneInTheProcess))]
public sealed class DocumentsMemoryTests(ITestOutputHelper output) : IDisposable
{
    /// <summary>A page of a megabyte, a buffer of a quarter, and room for twice as much.</summary>
    const long MaxHeldBytes = 4 << 20;

    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("groups.parquet")]
    [InlineData("one-group.parquet")]
    [InlineData("a.jsonl")]
    [InlineData("a.jsonl.gz")]
    public void Read_LargeFile_HoldsLittleOfIt(string name)
    {
        var megabytes = Environment.GetEnvironmentVariable("HEADSCOPE_TEXT_MEGABYTES") is { Length: > 0 } value
            ? int.Parse(value, CultureInfo.InvariantCulture)
            : 64;
        var path = _folder.File(name);
        var (count, characters) = Write(path, megabytes * 1_000_000L);
        var documents = Documents.Open(path);
        var before = HeldMemory.Bytes;
        var most = 0L;
        foreach (var document in documents.Read())
        {
            characters -= document.Length;
            if (--count % 1000 == 0)
                most = Math.Max(most, HeldMemory.Bytes - before);
        }

        Assert.Equal((0L, 0L), (count, characters));
        output.WriteLine($"{name} of {new FileInfo(path).Length / 1e6:F0} MB: at most {most / 1e6:F1} MB held");
        Assert.InRange(most, 0, MaxHeldBytes);
    }

    /// <summary>Writes documents of some kilobytes.</summary>
    static (long Count, long Characters) Write(string path, long bytes)
    {
        var random = new Random(1);
        var alphabet = "abcdefghijklmnopqrstuvwxyz      ".AsSpan();
        string[] texts = [.. new string[500]];
        for (var i = 0; i < texts.Length; i++)
            texts[i] = new string(random.GetItems(alphabet, random.Next(8000)));
        var (count, characters) = (0L, 0L);
        using var file = File.Create(path);
        if (path.EndsWith(".parquet", StringComparison.Ordinal))
        {
            var options = new ParquetOptions
            {
                CreatedBy = "test",
                RowsPerGroup = path.EndsWith(
                "one-group.parquet", StringComparison.Ordinal) ? ParquetOptions.DefaultRowsPerGroup : 250
            };
            using var writer = new ParquetWriter(file, [new ColumnSpec("text", ColumnType.String)], options);
            for (; characters < bytes; count += texts.Length, characters += texts.Sum(text => (long)text.Length))
                writer.Append(texts);
            writer.Complete();
            return (count, characters);
        }

        var lines = Encoding.UTF8.GetBytes(string.Concat(texts.Select(text => $"{{\"text\":\"{text}\"}}\n")));
        if (path.EndsWith(".gz", StringComparison.Ordinal))
            lines = Gzip(lines); // one member after another is a gzip file
        for (; characters < bytes; count += texts.Length, characters += texts.Sum(text => (long)text.Length))
            file.Write(lines);
        return (count, characters);
    }

    static byte[] Gzip(byte[] bytes)
    {
        var result = new MemoryStream();
        using (var gzip = new GZipStream(result, CompressionLevel.Optimal))
            gzip.Write(bytes);
        return result.ToArray();
    }
}
