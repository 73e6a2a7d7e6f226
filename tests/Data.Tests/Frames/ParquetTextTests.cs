using HeadScope.Data.Frames;
using HeadScope.Tests.Support;

namespace HeadScope.Data.Tests.Frames;

public sealed class ParquetTextTests : IDisposable
{
    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("arrow_uncompressed_v1_plain.parquet")]
    [InlineData("arrow_snappy_v1_dictionary.parquet")]
    [InlineData("arrow_gzip_v2_deltas.parquet")]
    [InlineData("arrow_brotli_v2_dictionary.parquet")]
    [InlineData("arrow_zstd_v2.parquet")]
    [InlineData("duckdb_snappy_v1.parquet")]
    [InlineData("duckdb_gzip_v2.parquet")]
    public void Read_FilesOfOtherWriters_HasTheTexts(string name) =>
        Assert.Equal(ParquetSamples.Rows.Select(row => row.Text), Read(ParquetSamples.PathOf(name)));

    [Fact]
    public void Read_OurOwnFiles_HasTheTexts()
    {
        const int Seed = 11;
        var random = new Random(Seed);
        for (var i = 0; i < 30; i++)
        {
            var frame = RandomFrames.Next(random, random.Next(3000));
            var path = _folder.File("own.parquet");
            using (var stream = File.Create(path))
            using (var writer = new ParquetWriter(
                stream, frame.Columns, new ParquetOptions { CreatedBy = "test", RowsPerGroup = random.Next(1, 4000) }))
            {
                writer.Append([.. frame.Values]);
                writer.Complete();
            }

            Assert.True(
                Read(path, "strings").SequenceEqual(frame.Values.OfType<ColumnValues<string>>().Single().Span.ToArray()),
                $"Seed {Seed}, frame {i}.");
        }
    }

    [Fact]
    public void Read_ByTwoAtTheSameTime_GivesEachAllRows()
    {
        var texts = Read(ParquetSamples.PathOf("arrow_gzip_v2_deltas.parquet"));
        Assert.All(texts.Zip(texts), two => Assert.Equal(two.First, two.Second));
        Assert.Equal(ParquetSamples.Rows.Count, texts.Count());
    }

    [Fact]
    public void Read_ChunkThatIsReadByPage_HasAllTexts()
    {
        // 48 MiB in one row group.
        string[] texts = [.. Enumerable.Range(0, 48).Select(i => new string((char)('a' + i), 1 << 20))];
        var path = _folder.File("large.parquet");
        using (var stream = File.Create(path))
            new Frame().Add("text", texts).WriteParquet(stream, "test");
        Assert.Equal(texts, Read(path));
    }

    [Fact]
    public void Read_EnumerationThatNobodyEnds_IsHarmless()
    {
        for (var i = 0; i < 20; i++)
        {
            Abandon();
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        static void Abandon() => Assert.True(Read(ParquetSamples.PathOf("duckdb_gzip_v2.parquet")).GetEnumerator().MoveNext());
    }

    [Fact]
    public void Read_RowWithoutAValue_SaysWhich()
    {
        var read = new List<string>();
        var error = Assert.Throws<InvalidDataException>(() => read.AddRange(Read(ParquetSamples.PathOf("nulls.parquet"))));
        Assert.Contains("nulls.parquet, row group 1, column 'text', row 6: found no value (null)", error.Message, StringComparison.Ordinal);
        Assert.Equal(ParquetSamples.Rows.Take(6).Select(row => row.Text), read);
    }

    [Theory]
    [InlineData("nested.parquet", "list", "footer: found column 'list' of a nested type (a struct, list or map); expected one of texts. Name another column: 'bytes'.")]
    [InlineData("nested.parquet", "struct", "column 'struct' of a nested type")]
    [InlineData("nested.parquet", "price", "column 'price' of Decimal values")]
    [InlineData("nested.parquet", "int32", "column 'int32' of Double values")]
    [InlineData("nested.parquet", "text", "no column 'text'")]
    public void Constructor_ColumnThatHoldsNoText_SaysWhatItHolds(string name, string column, string message)
    {
        var error = Assert.Throws<InvalidDataException>(() => new ParquetText(ParquetSamples.PathOf(name), column));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Constructor_NoFile_IsAnIOException() =>
        Assert.Throws<FileNotFoundException>(() => new ParquetText(_folder.File("none.parquet"), "text"));

    static IEnumerable<string> Read(string path, string column = "text") => new ParquetText(path, column).Read();
}
