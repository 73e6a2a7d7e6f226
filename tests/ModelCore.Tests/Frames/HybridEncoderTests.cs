using System.Buffers;
using HeadScope.ModelCore.Frames.Parquet;

namespace HeadScope.ModelCore.Tests.Frames;

public class HybridEncoderTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 1)]
    [InlineData(3, 2)]
    [InlineData(4, 2)]
    [InlineData(5, 3)]
    [InlineData(256, 8)]
    [InlineData(257, 9)]
    [InlineData(65536, 16)]
    [InlineData(65537, 17)]
    public void WidthOf_AnyDictionary_HoldsTheLastIndex(int entries, int width) =>
        Assert.Equal(width, HybridEncoder.WidthOf(entries));

    [Fact]
    public void Encode_ZeroToSevenInThreeBits_IsTheSpecificationsExample() =>
        Assert.Equal("0388C6FA", Encode([0, 1, 2, 3, 4, 5, 6, 7], 3));

    [Fact]
    public void Encode_LongRun_IsALengthAndAValueInWholeBytes() =>
        Assert.Equal("D00F0302", Encode([.. Enumerable.Repeat(0x203, 1000)], 10));

    [Fact]
    public void Encode_CountThatIsNoMultipleOfEight_IsPaddedWithZeros() =>
        Assert.Equal("05" + "0102030405060708" + "0900000000000000", Encode([1, 2, 3, 4, 5, 6, 7, 8, 9], 8));

    [Fact]
    public void Encode_RunAmongOtherValues_InterruptsThePackedOnes()
    {
        int[] values = [.. Enumerable.Range(0, 8), .. Enumerable.Repeat(9, 20), 1, 2];
        Assert.Equal("03" + "10325476" + "2809" + "03" + "21000000", Encode(values, 4));
    }

    [Fact]
    public void Encode_ShortRunOfSingleBits_StaysPacked() =>
        // Eight equal bits are one byte packed and two as a run.
        Assert.Equal("05AA00", Encode([0, 1, 0, 1, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0], 1));

    static string Encode(int[] values, int width)
    {
        var output = new ArrayBufferWriter<byte>();
        HybridEncoder.Encode(values, width, output);
        return Convert.ToHexString(output.WrittenSpan);
    }
}
