using HeadScope.ModelCore.Statistics;

namespace HeadScope.ModelCore.Tests.Statistics;

/// <summary>NaN is counted apart; infinities are ordered values that no sum holds.</summary>
public class NonFiniteTests
{
    const float Infinity = float.PositiveInfinity;

    static readonly float[] Mixed = [1, float.NaN, Infinity, -2, float.NegativeInfinity, float.NaN, 4];

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(double.NegativeInfinity)]
    public void ExactSum_ValueIsNotFinite_IsRefusedAndTheSumStays(double value)
    {
        var sum = new ExactSum();
        foreach (var finite in new[] { 1e300, 1, -1e300, 1e-300 })
            sum.Add(finite);
        Assert.Throws<ArgumentOutOfRangeException>(() => sum.Add(value));
        Assert.Equal(1, sum.Value);
    }

    [Fact]
    public void ExactSum_BeyondFloat64_SaysSo()
    {
        ExactSum sum = new(), other = new();
        sum.Add(double.MaxValue);
        other.Add(double.MaxValue);
        Assert.Throws<OverflowException>(() => sum.Merge(other));
    }

    [Fact]
    public void ExactSum_TheLargestFloats_HaveTheirSumAndThatOfTheirSquares()
    {
        var moments = new Moments();
        for (var row = 0; row < 10; row++)
            moments.AddRow(RowSum.Of(Enumerable.Repeat(float.MaxValue, 1000).ToArray()));
        Assert.Equal(float.MaxValue, moments.Mean, 1e22); // float64's spacing there
        Assert.InRange(moments.StandardDeviation, 0, float.MaxValue * 1e-6);
    }

    [Fact]
    public void Moments_SomeValuesAreNotFinite_CountThemAndSumTheRest()
    {
        foreach (var length in Enumerable.Range(1, Mixed.Length))
        {
            Moments whole = new(), parts = new();
            foreach (var chunk in Mixed.Chunk(length).Reverse())
            {
                var part = new Moments();
                part.AddRow(RowSum.Of(chunk));
                parts.Merge(part);
                whole.AddRow(RowSum.Of(chunk));
            }

            foreach (var moments in new[] { whole, parts })
            {
                Assert.Equal((3, 2, 2), (moments.Count, moments.NaNs, moments.Infinities));
                Assert.Equal((float.NegativeInfinity, Infinity), (moments.Min, moments.Max));
                Assert.Equal(1, moments.Mean);
                Assert.Equal(Math.Sqrt(6), moments.StandardDeviation, 1e-15);
            }
        }
    }

    [Theory]
    [InlineData(float.NaN, float.NaN)]
    [InlineData(Infinity, Infinity)]
    [InlineData(float.NegativeInfinity, float.NegativeInfinity)]
    public void Moments_NoFiniteValue_HaveNoMeanAndOnlySuchExtremesAsThereAre(float value, float extreme)
    {
        var moments = new Moments();
        moments.AddRow(RowSum.Of([value, value]));
        moments.Merge(new Moments());
        Assert.Equal((0, double.NaN, double.NaN), (moments.Count, moments.Mean, moments.StandardDeviation));
        Assert.Equal((extreme, extreme), (moments.Min, moments.Max));
    }

    [Fact]
    public void Histogram_Infinities_AreItsLowestAndHighestValues()
    {
        var histogram = new BucketHistogram();
        foreach (var value in new[] { Infinity, 1, float.NegativeInfinity, float.MaxValue, -float.MaxValue })
            histogram.Add((int)(FloatKey.Of(value) >> 16), 1);
        Assert.Equal(float.NegativeInfinity, histogram.Approximate(0));
        Assert.Equal(-float.MaxValue, histogram.Approximate(0.25), float.MaxValue * 0.004f);
        Assert.Equal(float.MaxValue, histogram.Approximate(0.75), float.MaxValue * 0.004f);
        Assert.Equal(Infinity, histogram.Approximate(1));
    }

    [Fact]
    public void ExactQuantiles_Infinities_AreOrderedValues()
    {
        float[] values = [Infinity, 3, float.NegativeInfinity, float.NegativeInfinity, Infinity];
        var histogram = new BucketHistogram();
        foreach (var value in values)
            histogram.Add((int)(FloatKey.Of(value) >> 16), 1);
        var quantiles = new ExactQuantiles(histogram, [0, 0.25, 0.5, 0.75, 1]);
        Array.ForEach(values, value => quantiles.Add(FloatKey.Of(value)));
        quantiles.Narrow();
        Array.ForEach(values, value => quantiles.Add(FloatKey.Of(value)));
        Assert.Equal([float.NegativeInfinity, float.NegativeInfinity, 3, Infinity, Infinity], quantiles.Results());
    }

    [Fact]
    public void TopK_SomeValuesAreNotFinite_HasInfinitiesFirstAndNoNaN()
    {
        foreach (var (lowest, expected) in new[] { (false, new[] { Infinity, 4, 1 }), (true, [float.NegativeInfinity, -2, 1]) })
        {
            TopK top = new(3, lowest), other = new(3, lowest);
            foreach (var (value, position) in Mixed.Select((value, position) => (value, position)))
            {
                Assert.False(float.IsNaN(value) && top.Admits(value, 0));
                (position % 2 == 0 ? top : other).Add(value, 0, position);
            }

            top.Merge(other);
            Assert.Equal(expected, top.Best.Select(example => example.Value));
        }
    }
}
