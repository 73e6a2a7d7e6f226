using HeadScope.ModelCore.Frames;
using HeadScope.Tests.Support;

namespace HeadScope.ModelCore.Tests.Frames;

public sealed class ParquetFileTests : IDisposable
{
    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("arrow_uncompressed_v1_plain.parquet")]
    [InlineData("arrow_snappy_v1_dictionary.parquet")]
    [InlineData("arrow_gzip_v2_deltas.parquet")]
    [InlineData("arrow_brotli_v2_dictionary.parquet")]
    [InlineData("duckdb_snappy_v1.parquet")]
    [InlineData("duckdb_gzip_v2.parquet")]
    public void Read_FilesOfOtherWriters_HasTheRows(string name)
    {
        using var file = ParquetFile.Open(ParquetSamples.PathOf(name));
        var rows = ParquetSamples.Rows;
        Assert.Equal(rows.Count, file.Rows);
        Assert.Equal(rows.Select(row => row.Text), file.Read<string>("text"));
        Assert.Equal(rows.Select(row => row.Int32), file.Read<int>("int32"));
        Assert.Equal(rows.Select(row => row.Int64), file.Read<long>("int64"));
        Assert.Equal(Bits(rows.Select(row => row.Float32)), Bits(file.Read<float>("float32")));
        Assert.Equal(rows.Select(row => row.Float64), file.Read<double>("float64"));
        Assert.Equal(rows.Select(row => row.Flag), file.Read<bool>("flag"));
    }

    [Fact]
    public void Columns_FileOfAnotherWriter_HaveNamesAndTypes()
    {
        using var file = ParquetFile.Open(ParquetSamples.PathOf("nested.parquet"));
        Assert.Equal(
            [
                new("list", null, true), new("struct", null, true), new("price", null, true), new("bytes", ColumnType.String, true),
                new("int32", ColumnType.Double, true),
            ],
            file.Columns);
        Assert.Equal(3, file.Rows);
    }

    [Fact]
    public void Read_OurOwnFiles_HasTheFrame()
    {
        const int Seed = 11;
        var random = new Random(Seed);
        for (var i = 0; i < 60; i++)
        {
            var frame = RandomFrames.Next(random, random.Next(3000));
            var options = new ParquetOptions { CreatedBy = "test", RowsPerGroup = random.Next(1, 4000), RowsPerPage = random.Next(1, 1500) };
            var bytes = new MemoryStream();
            using (var writer = new ParquetWriter(bytes, frame.Columns, options))
            {
                writer.Append([.. frame.Values]);
                writer.Complete();
            }

            using var file = ParquetFile.Open(new MemorySource(bytes.ToArray(), $"seed {Seed}, frame {i}"));
            Assert.Equal(frame.Columns, file.Columns.Select(column => new ColumnSpec(column.Name, column.Type!.Value)));
            Assert.All(frame.Columns.Zip(frame.Values), column => AssertHolds(file, column.First.Name, column.Second));
        }
    }

    [Fact]
    public void Read_ByTwoAtTheSameTime_GivesEachAllRows()
    {
        using var file = ParquetFile.Open(ParquetSamples.PathOf("arrow_gzip_v2_deltas.parquet"));
        var texts = file.Read<string>("text");
        Assert.All(texts.Zip(texts, file.Read<string>("text")), three => Assert.True(three.First == three.Second && three.Second == three.Third));
        Assert.Equal(ParquetSamples.Rows.Count, texts.Count());
    }

    [Fact]
    public void Read_RowWithoutAValue_SaysWhich()
    {
        using var file = ParquetFile.Open(ParquetSamples.PathOf("nulls.parquet"));
        var read = new List<string>();
        var error = Assert.Throws<InvalidDataException>(() => read.AddRange(file.Read<string>("text")));
        Assert.Contains("row group 1, column 'text', row 6: found no value (null)", error.Message, StringComparison.Ordinal);
        Assert.Equal(ParquetSamples.Rows.Take(6).Select(row => row.Text), read);
        Assert.Equal(10, file.Read<bool>("flag").Count());
    }

    [Theory]
    [InlineData("nested.parquet", "list", "column 'list' of a nested type (a struct, list or map); expected one of String values. Name another column: 'bytes'.")]
    [InlineData("nested.parquet", "struct", "column 'struct' of a nested type")]
    [InlineData("nested.parquet", "price", "column 'price' of other Int32 values")]
    [InlineData("nested.parquet", "int32", "column 'int32' of Double values")]
    [InlineData("nested.parquet", "text", "no column 'text'")]
    [InlineData("arrow_zstd_v2.parquet", "text", "row group 0, column 'text': found Zstd compression; expected snappy, gzip, brotli or none. Write the file again")]
    public void Read_ColumnThatIsNotText_SaysWhatItIsAtOnce(string name, string column, string message)
    {
        using var file = ParquetFile.Open(ParquetSamples.PathOf(name));
        var error = Assert.Throws<InvalidDataException>(() => file.Read<string>(column));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_LongHeaders_AreRead()
    {
        // Writers put the smallest and the largest text into a page's header.
        var texts = Enumerable.Range(0, 5).Select(i => new string((char)('a' + i), 100_000)).ToArray();
        var bytes = new ParquetBytes { Statistics = new byte[300_000] }.Write(texts);
        using var file = ParquetFile.Open(new MemorySource(bytes));
        Assert.Equal(texts, file.Read<string>("text"));
    }

    static void AssertHolds(ParquetFile file, string name, ColumnValues values)
    {
        var same = values switch
        {
            ColumnValues<int> v => file.Read<int>(name).SequenceEqual(v.Span.ToArray()),
            ColumnValues<long> v => file.Read<long>(name).SequenceEqual(v.Span.ToArray()),
            ColumnValues<float> v => Bits(file.Read<float>(name)).SequenceEqual(Bits(v.Span.ToArray())),
            ColumnValues<double> v => Bits(file.Read<double>(name)).SequenceEqual(Bits(v.Span.ToArray())),
            ColumnValues<bool> v => file.Read<bool>(name).SequenceEqual(v.Span.ToArray()),
            ColumnValues<string> v => file.Read<string>(name).SequenceEqual(v.Span.ToArray()),
            _ => throw new NotSupportedException(),
        };
        Assert.True(same, $"{file.Location}: column '{name}' differs.");
    }

    static IEnumerable<long> Bits(IEnumerable<double> values) => values.Select(BitConverter.DoubleToInt64Bits);

    static IEnumerable<int> Bits(IEnumerable<float> values) => values.Select(BitConverter.SingleToInt32Bits);
}
