using HeadScope.Data.Frames;
using Xunit.Abstractions;

namespace HeadScope.Data.Tests.Frames;

/// <summary>Memory while writing does not grow with the rows.</summary>
[Collection(nameof(AloneInTheProcess))]
public sealed class ParquetMemoryTests(ITestOutputHelper output)
{
    [Fact]
    public void Append_MillionsOfRows_HoldsARowGroup()
    {
        const int Batch = 10_000, Rows = 3_000_000, RowBytes = 4 * sizeof(int);
        var options = new ParquetOptions { CreatedBy = "test", RowsPerGroup = 1 << 18 };
        var random = new Random(5);
        var tokens = Enumerable.Range(0, Batch).Select(_ => random.Next(50_000)).ToArray();
        var losses = Array.ConvertAll(tokens, _ => random.NextSingle());
        ColumnSpec[] columns =
        [
            new("row", ColumnType.Int32), new("pos", ColumnType.Int32), new("token", ColumnType.Int32), new("loss", ColumnType.Float),
        ];
        using var stream = new WatchedStream();
        using var writer = new ParquetWriter(stream, columns, options);
        for (var row = 0; row < Rows; row += Batch)
            writer.Append(Enumerable.Repeat(row, Batch).ToArray(), Enumerable.Range(0, Batch).ToArray(), tokens, losses);
        writer.Complete();
        output.WriteLine($"{Rows} rows, {stream.Written / 1e6:F0} MB: at most {stream.MostHeld / 1e6:F1} MB held");

        // A row group's values, and one column's pages.
        Assert.InRange(stream.MostHeld, 0, 2 * options.RowsPerGroup * RowBytes);
        Assert.InRange(stream.Written, 3 * options.RowsPerGroup * RowBytes, long.MaxValue);
    }

    /// <summary>Keeps nothing, and looks each time at what the process holds.</summary>
    sealed class WatchedStream : MemoryStream
    {
        readonly long _before = HeldMemory.Bytes;

        public long Written { get; private set; }

        public long MostHeld { get; private set; }

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            Written += buffer.Length;
            MostHeld = Math.Max(MostHeld, HeldMemory.Bytes - _before);
        }
    }
}
