using HeadScope.ModelCore.Frames.Parquet;

namespace HeadScope.ModelCore.Tests.Frames;

/// <summary>What DuckDB does not show of the statistics: it passes over innumbers bounds and counts of NaN.</summary>
public class NumberLayoutTests
{
    [Fact]
    public void Describe_AnyPlaceAndLength_FindsBothExtremesAndCountsNaN()
    {
        for (var length = 3; length < 70; length++)
        {
            for (var place = 0; place < length; place++)
            {
                var values = new float[length];
                Array.Fill(values, 1);
                values[place] = float.NegativeInfinity;
                values[(place + 1) % length] = float.PositiveInfinity;
                var numbers = new NumberLayout<float>(dictionary: null).Describe(values);
                Assert.Equal(BitConverter.GetBytes(float.NegativeInfinity), numbers.Minimum);
                Assert.Equal(BitConverter.GetBytes(float.PositiveInfinity), numbers.Maximum);
                Assert.Equal(0, numbers.NanCount);

                values[(place + 2) % length] = float.NaN;
                var mixed = new NumberLayout<float>(dictionary: null).Describe(values);
                Assert.Equal(BitConverter.GetBytes(float.NegativeInfinity), mixed.Minimum);
                Assert.Null(mixed.Maximum);
                Assert.Equal(1, mixed.NanCount);
            }
        }
    }

    [Fact]
    public void Describe_NaNFirst_CountsAllOfThem()
    {
        double[] values = [double.NaN, double.NaN, 3, double.NaN, 2, .. Enumerable.Repeat(double.NaN, 20)];
        var statistics = new NumberLayout<double>(dictionary: null).Describe(values);
        Assert.Equal(BitConverter.GetBytes(2.0), statistics.Minimum);
        Assert.Equal(23, statistics.NanCount);
    }

    [Fact]
    public void Describe_Integers_HaveNoCountOfNaN() =>
        Assert.Null(new NumberLayout<int>(dictionary: null).Describe([1, 2]).NanCount);
}
