using System.Globalization;
using System.Text;
using HeadScope.Data.Frames;
using HeadScope.Tests.Support;

namespace HeadScope.Data.Tests.Frames;

public sealed class FrameTests : IDisposable
{
    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void WriteCsv_EveryType_HasOneSpelling()
    {
        var frame = new Frame()
            .Add("L", new[] { 0, -1, 2 })
            .Add("n", new[] { 0, long.MinValue, 2 })
            .Add("label", new[] { "L0H1", "a,b", "say \"so\"" })
            .Add("score", new[] { 0.1f, float.NaN, -0f })
            .Add("wide", new[] { double.NegativeInfinity, double.PositiveInfinity, 1e-5 })
            .Add("flag", new[] { true, false, true });
        Assert.Equal(
            "L,n,label,score,wide,flag\n"
            + "0,0,L0H1,0.1,-inf,true\n"
            + "-1,-9223372036854775808,\"a,b\",NaN,inf,false\n"
            + "2,2,\"say \"\"so\"\"\",-0,1E-05,true\n",
            Csv(frame));
    }

    [Fact]
    public void WriteCsv_NoRows_WritesTheHeader() => Assert.Equal("a,b\n", Csv(new Frame().Add("a", new int[0]).Add("b", new string[0])));

    [Fact]
    public void WriteCsv_AnyFloat_RoundTrips()
    {
        var random = new Random(3);
        var bits = Enumerable.Range(0, 20_000).Select(_ => random.Next(int.MinValue, int.MaxValue));
        var values = bits.Select(BitConverter.Int32BitsToSingle).Where(float.IsFinite).ToArray();
        var lines = Csv(new Frame().Add("x", values)).Split('\n')[1..^1];
        Assert.Equal(values, lines.Select(line => float.Parse(line, CultureInfo.InvariantCulture)));
    }

    [SkippableFact]
    public void WriteCsv_ReadByDuckDb_HasTheValuesOfTheParquetFile()
    {
        var frame = new Frame()
            .Add("H", new[] { 1, 2, 3, 4 })
            .Add("label", new[] { "L0H1", " the ", "tab\tquote\"", "line\nbreak, é" })
            .Add("score", new[] { 0.1f, float.NaN, float.PositiveInfinity, -3.4e38f })
            .Add("flag", new[] { true, false, true, true });
        using (var csv = File.Create(_folder.File("frame.csv")))
            frame.WriteCsv(csv);
        using (var parquet = File.Create(_folder.File("frame.parquet")))
            frame.WriteParquet(parquet, "test");
        var path = _folder.File("frame");
        Assert.Equal(
            [["4", "BIGINT", "VARCHAR", "DOUBLE", "BOOLEAN"]],
            ParquetReaders.Query($"select count(*), typeof(H), typeof(label), typeof(score), typeof(flag) from '{path}.csv' group by all"));
        Assert.Empty(ParquetReaders.Query(
            $"select H::integer, label, score::float, flag from '{path}.csv' except select * from '{path}.parquet'"));
    }

    [Fact]
    public void Add_AnotherLengthOrATakenName_SaysWhich()
    {
        var frame = new Frame().Add("L", new[] { 1, 2 });
        AssertRefused("'H' has 3 rows where 'L' has 2", () => frame.Add("H", new int[3]));
        AssertRefused("column 'L' already", () => frame.Add("L", new int[2]));
        Assert.Single(frame.Columns);
    }

    [Fact]
    public void Values_OfPartOfAnArray_AreThatPart()
    {
        var frame = new Frame().Add("L", new[] { 1, 2, 3 }.AsMemory(1)).Add("x", new[] { 0.5f, 1f });
        Assert.Equal([2, 3], Assert.IsType<ColumnValues<int>>(frame.Values[0]).Span);
        Assert.Equal([0.5f, 1f], Assert.IsType<ColumnValues<float>>(frame.Values[1]).Span);
    }

    [Fact]
    public void Strings_HalfASurrogatePair_IsRefusedWithItsRow()
    {
        foreach (var text in new[] { "\uD83D", "a\uDE00b", "\uDE00\uD83D" })
            AssertRefused("Row 1", () => new Frame().Add("x", new[] { "\uFFFD\U0001F600", text }));
    }

    [Fact]
    public void Strings_Null_IsRefusedWithItsRow() =>
        AssertRefused("Row 1", () => new Frame().Add("x", new[] { "a", null! }));

    static void AssertRefused(string message, Action act) =>
        Assert.Contains(message, Assert.Throws<ArgumentException>(act).Message, StringComparison.Ordinal);

    static string Csv(Frame frame)
    {
        using var stream = new MemoryStream();
        frame.WriteCsv(stream);
        return Encoding.UTF8.GetString(stream.ToArray());
    }
}
