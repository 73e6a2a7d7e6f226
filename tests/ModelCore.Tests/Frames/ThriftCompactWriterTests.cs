using System.Buffers;
using HeadScope.ModelCore.Frames.Parquet;

namespace HeadScope.ModelCore.Tests.Frames;

public class ThriftCompactWriterTests
{
    readonly ArrayBufferWriter<byte> _output = new();
    readonly ThriftCompactWriter _thrift;

    public ThriftCompactWriterTests()
    {
        _thrift = new ThriftCompactWriter(_output);
        _thrift.Open();
    }

    [Theory]
    [InlineData(0, "00")]
    [InlineData(-1, "01")]
    [InlineData(1, "02")]
    [InlineData(-64, "7F")]
    [InlineData(64, "8001")]
    [InlineData(int.MaxValue, "FEFFFFFF0F")]
    [InlineData(int.MinValue, "FFFFFFFF0F")]
    public void I32_AnyValue_IsZigZaggedInGroupsOfSevenBits(int value, string bytes)
    {
        _thrift.I32(1, value);
        Assert.Equal("15" + bytes, Written());
    }

    [Fact]
    public void I64_LowestValue_TakesTenBytes()
    {
        _thrift.I64(3, long.MinValue);
        Assert.Equal("36FFFFFFFFFFFFFFFFFF01", Written());
    }

    [Fact]
    public void Struct_BetweenFields_CountsItsOwnFieldsFromZero()
    {
        _thrift.I32(1, 0);
        _thrift.Struct(4);
        _thrift.I32(2, 0);
        _thrift.End();
        _thrift.I32(5, 0);
        _thrift.End();
        Assert.Equal("1500" + "3C" + "2500" + "00" + "1500" + "00", Written());
    }

    [Fact]
    public void List_FifteenElements_HasItsLengthBehindTheHeader()
    {
        _thrift.List(1, ThriftType.I32, 14);
        _thrift.List(2, ThriftType.I32, 15);
        Assert.Equal("19E5" + "19F50F", Written());
    }

    [Fact]
    public void Text_OutsideAscii_CountsBytes()
    {
        _thrift.Text(1, "é");
        Assert.Equal("1802C3A9", Written());
    }

    string Written() => Convert.ToHexString(_output.WrittenSpan);
}
