using System.Security.Cryptography;
using HeadScope.Data.Frames;
using HeadScope.Tests.Support;

namespace HeadScope.Data.Tests.Frames;

public class ParquetWriterTests
{
    static readonly ColumnSpec[] TwoColumns = [new("row", ColumnType.Int32), new("loss", ColumnType.Float)];
    static readonly ParquetOptions Small = new() { CreatedBy = "test", RowsPerGroup = 1000 };

    [Fact]
    public void Append_AnyChunking_MakesTheSameBytes()
    {
        const int Seed = 11;
        var random = new Random(Seed);
        var frame = RandomFrames.Next(random, rows: 4567);
        var whole = Written(frame, [4567]);
        for (var attempt = 0; attempt < 20; attempt++)
        {
            var pieces = RandomPieces(random, frame.Rows, longest: attempt < 10 ? 50 : 3000);
            Assert.True(whole.AsSpan().SequenceEqual(Written(frame, pieces)), $"Seed {Seed}, pieces {string.Join(' ', pieces)}.");
        }
    }

    [Fact]
    public void Append_SecondFileOfTheSameProcess_HasTheSameBytes()
    {
        var frame = RandomFrames.Next(new Random(12), rows: 3000);
        Assert.Equal(Written(frame, [3000]), Written(frame, [3000]));
    }

    [Fact]
    public void Append_KnownRows_MakesTheBytesOfEveryMachine()
    {
        // Whoever changes the layout of files, or the library that writes them, changes this.
        const string Sha256 = "c6f5dd5dba6cc99c9db4573fd32bf670";
        var frame = RandomFrames.Next(new Random(13), rows: 4000);
        Assert.Equal(Sha256, Convert.ToHexStringLower(SHA256.HashData(Written(frame, [4000])))[..Sha256.Length]);
    }

    [Fact]
    public void Append_ByManyThreadsAtATime_MakesTheSameBytes()
    {
        var frame = RandomFrames.Next(new Random(14), rows: 3000);
        var files = Enumerable.Range(0, 16).AsParallel().WithDegreeOfParallelism(8).Select(_ => Written(frame, [3000])).ToList();
        Assert.All(files, file => Assert.Equal(files[0], file));
    }

    [Fact]
    public void Append_StreamThatOnlyTakesBytes_IsEnough()
    {
        using var stream = new ForwardOnlyStream();
        using var writer = new ParquetWriter(stream, TwoColumns, Small);
        writer.Append(new int[2500], new float[2500]);
        writer.Complete();
        Assert.Equal(2500, writer.Rows);
        Assert.True(stream.Count > 0);
    }

    [Theory]
    [InlineData(1, 2, "'loss' was given 2 rows")]
    [InlineData(2, 1, "'loss' was given 1 rows")]
    public void Append_ColumnsOfDifferentLengths_NamesTheColumnAndTakesNothing(int rows, int losses, string message)
    {
        using var writer = new ParquetWriter(Stream.Null, TwoColumns, Small);
        AssertRefused(message, () => writer.Append(new int[rows], new float[losses]));
        Assert.Equal(0, writer.Rows);
    }

    [Fact]
    public void Append_AnotherTypeOrCount_SaysWhatWasExpected()
    {
        using var writer = new ParquetWriter(Stream.Null, TwoColumns, Small);
        AssertRefused("'loss' is Float; it was given Double", () => writer.Append(new int[1], new double[1]));
        AssertRefused("1 columns were appended to a schema of 2", () => writer.Append(new int[1]));
    }

    [Fact]
    public void Append_AfterComplete_Throws()
    {
        using var writer = new ParquetWriter(Stream.Null, TwoColumns, Small);
        writer.Complete();
        Assert.Throws<InvalidOperationException>(() => writer.Append(new int[1], new float[1]));
        Assert.Throws<InvalidOperationException>(writer.Complete);
    }

    [Theory]
    [InlineData(2)] // of the first bytes
    [InlineData(100)] // of a row group
    [InlineData(8_500)] // of the last row group or of the footer
    public void Write_StreamThatFails_ThrowsItsExceptionAndEndsTheFile(int limit)
    {
        var fault = new IOException("The disk is full.");
        using var stream = new ForwardOnlyStream { Limit = limit, Fault = fault };
        ParquetWriter? writer = null;
        var thrown = Assert.Throws<IOException>(() =>
        {
            writer = new ParquetWriter(stream, TwoColumns, Small);
            writer.Append(Enumerable.Range(0, 1000).ToArray(), new float[1000]);
            writer.Append(new int[1], new float[1]);
            writer.Complete();
        });
        Assert.Same(fault, thrown);
        var written = stream.Count;
        if (writer is not null)
        {
            Assert.Throws<InvalidOperationException>(writer.Complete);
            writer.Dispose();
        }

        Assert.Equal(written, stream.Count);
    }

    [Fact]
    public void Dispose_BeforeComplete_LeavesNoFooter()
    {
        using var stream = new MemoryStream();
        using (var writer = new ParquetWriter(stream, TwoColumns, Small))
            writer.Append(new int[1500], new float[1500]);
        Assert.NotEqual("PAR1"u8.ToArray(), stream.ToArray()[^4..]);
    }

    [Fact]
    public void Dispose_NeverCalled_LeavesNoFooter()
    {
        using var stream = new MemoryStream();
        Abandon(stream);
        for (var i = 0; i < 3; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        Assert.NotEqual("PAR1"u8.ToArray(), stream.ToArray()[^4..]);

        static void Abandon(Stream stream) => new ParquetWriter(stream, TwoColumns, Small).Append(new int[1500], new float[1500]);
    }

    [Fact]
    public void Constructor_SchemaOrOptionsThatMakeNoFile_AreRefused()
    {
        Assert.Throws<ArgumentException>(() => new ParquetWriter(Stream.Null, [], Small));
        Assert.Throws<ArgumentException>(() => new ParquetWriter(Stream.Null, [new("", ColumnType.Int32)], Small));
        ColumnSpec[] twice = [.. TwoColumns, new("row", ColumnType.Int64)];
        AssertRefused("names column 'row' 2 times", () => _ = new ParquetWriter(Stream.Null, twice, Small));
        foreach (var options in new[] { Small with { RowsPerGroup = 0 }, Small with { RowsPerGroup = (1 << 28) + 1 } })
            Assert.Throws<ArgumentOutOfRangeException>(() => new ParquetWriter(Stream.Null, TwoColumns, options));
    }

    static void AssertRefused(string message, Action act) =>
        Assert.Contains(message, Assert.Throws<ArgumentException>(act).Message, StringComparison.Ordinal);

    static int[] RandomPieces(Random random, int rows, int longest)
    {
        var pieces = new List<int>();
        for (var left = rows; left > 0; left -= pieces[^1])
            pieces.Add(Math.Min(left, random.Next(longest)));
        return [.. pieces];
    }

    static byte[] Written(Frame frame, int[] pieces)
    {
        using var stream = new MemoryStream();
        using var writer = new ParquetWriter(stream, frame.Columns, Small);
        var start = 0;
        foreach (var count in pieces)
        {
            writer.Append([.. frame.Values.Select(values => RandomFrames.Slice(values, start, count))]);
            start += count;
        }

        writer.Complete();
        return stream.ToArray();
    }
}
