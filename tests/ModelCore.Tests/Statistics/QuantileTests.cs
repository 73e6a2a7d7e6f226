using HeadScope.ModelCore.Statistics;

namespace HeadScope.ModelCore.Tests.Statistics;

public class QuantileTests
{
    static readonly double[] Levels = [0, 1e-3, 1e-2, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 1];

    public static TheoryData<string> Shapes => [.. Samples(1).Keys];

    [Theory]
    [MemberData(nameof(Shapes))]
    public void ExactQuantiles_AnyValues_AreTheSortedOnes(string shape)
    {
        for (var seed = 1; seed <= 20; seed++)
        {
            var values = Samples(seed)[shape];
            var sorted = values.Select(value => value + 0f).Order().ToArray();
            Assert.Equal(Levels.Select(q => Sorted(sorted, q)), Exact(values, Levels));
        }
    }

    [Fact]
    public void ExactQuantiles_NoValues_AreNaN() => Assert.All(Exact([], Levels), value => Assert.True(float.IsNaN(value)));

    [Fact]
    public void ExactQuantiles_OtherValuesTheSecondTime_AreRefused()
    {
        float[] values = [1, 2, 3, 4, 5];
        var quantiles = new ExactQuantiles(HistogramOf(values), [0.5]);
        foreach (var value in values.Skip(3))
            quantiles.Add(FloatKey.Of(value));
        Assert.Throws<InvalidDataException>(quantiles.Narrow);
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Approximate_FromTheHistogramAlone_IsWithinABucket(string shape)
    {
        if (shape is "subnormal" or "every bit pattern")
            return; // the guarantee excepts values under the smallest normal float
        var values = Samples(3)[shape];
        var histogram = HistogramOf(values);
        var sorted = values.Select(value => value + 0f).Order().ToArray();
        foreach (var q in Levels)
        {
            var lower = sorted[QuantileRank.Of(sorted.Length, q).Lower];
            if (float.IsFinite(lower))
                Assert.InRange(histogram.Approximate(q), lower - Math.Abs(lower) * 0.004f, lower + Math.Abs(lower) * 0.004f);
        }
    }

    [Fact]
    public void FloatKey_Neighbours_KeepTheirOrderAndComeBack()
    {
        var random = new Random(11);
        for (var i = 0; i < 100_000; i++)
        {
            float a = BitConverter.Int32BitsToSingle(random.Next(int.MinValue, int.MaxValue)), b = BitConverter.Int32BitsToSingle(
                random.Next(int.MinValue, int.MaxValue));
            if (float.IsNaN(a) || float.IsNaN(b))
                continue;
            Assert.Equal(a == b ? 0 : Math.Sign(a.CompareTo(b)), FloatKey.Of(a).CompareTo(FloatKey.Of(b)));
            Assert.Equal(a, FloatKey.ToFloat(FloatKey.Of(a)));
        }

        Assert.Equal(FloatKey.Of(0f), FloatKey.Of(-0f));
    }

    [Fact]
    public void BucketHistogram_MergedInAnyOrder_IsTheSame()
    {
        var parts = Enumerable.Range(1, 7).Select(seed => HistogramOf(Samples(seed)["normal"])).ToArray();
        BucketHistogram forwards = new(), backwards = new();
        foreach (var part in parts)
            forwards.Merge(part);
        foreach (var part in parts.Reverse())
            backwards.Merge(part);
        Assert.Equal(forwards.Counts, backwards.Counts);
        Assert.Equal(parts.Sum(part => part.Total), forwards.Total);
    }

    [Fact]
    public void ExactSum_AnyOrderAndGrouping_IsTheCorrectlyRoundedSum()
    {
        var random = new Random(4);
        for (var round = 0; round < 200; round++)
        {
            var values = Enumerable.Range(0, 100).Select(_ => (random.NextDouble() - 0.5) * Math.Pow(10, random.Next(-20, 20))).ToArray();
            var exact = values.Aggregate(System.Numerics.BigInteger.Zero, (sum, value) => sum + Scaled(value));
            ExactSum whole = new(), merged = new();
            foreach (var value in values)
                whole.Add(value);
            random.Shuffle(values);
            foreach (var chunk in values.Chunk(7))
            {
                var part = new ExactSum();
                foreach (var value in chunk)
                    part.Add(value);
                merged.Merge(part);
            }

            Assert.Equal(whole.Value, merged.Value);
            // No other double is nearer to the exact sum.
            var error = System.Numerics.BigInteger.Abs(Scaled(whole.Value) - exact);
            Assert.True(error <= System.Numerics.BigInteger.Abs(Scaled(Math.BitIncrement(whole.Value)) - exact));
            Assert.True(error <= System.Numerics.BigInteger.Abs(Scaled(Math.BitDecrement(whole.Value)) - exact));
        }

        // value * 2^1074, an integer for every double.
        static System.Numerics.BigInteger Scaled(double value)
        {
            var bits = BitConverter.DoubleToInt64Bits(value);
            var exponent = (int)((bits >> 52) & 0x7FF);
            var mantissa = (bits & 0xFFFFFFFFFFFFF) | (exponent > 0 ? 1L << 52 : 0);
            var magnitude = new System.Numerics.BigInteger(mantissa) << Math.Max(0, exponent - 1);
            return bits < 0 ? -magnitude : magnitude;
        }
    }

    [Fact]
    public void TopK_MergedInAnyOrder_KeepsTheEarliestOfEquals()
    {
        var random = new Random(6);
        var examples = Enumerable.Range(0, 1000).Select(i => new Example(random.Next(20), i / 50, i % 50)).ToArray();
        foreach (var lowest in new[] { false, true })
        {
            var expected = (lowest ? examples.OrderBy(e => e.Value) : examples.OrderByDescending(e => e.Value)).ThenBy(e => e.Row)
                .ThenBy(e => e.Position).Take(30);
            var merged = new TopK(30, lowest);
            random.Shuffle(examples);
            foreach (var chunk in examples.Chunk(90))
            {
                var part = new TopK(30, lowest);
                foreach (var example in chunk)
                    part.Add(example.Value, example.Row, example.Position);
                merged.Merge(part);
            }

            Assert.Equal(expected, merged.Best);
        }
    }

    static float[] Exact(float[] values, double[] levels)
    {
        var quantiles = new ExactQuantiles(HistogramOf(values), levels);
        foreach (var value in values)
            quantiles.Add(FloatKey.Of(value));
        quantiles.Narrow();
        foreach (var value in values)
            quantiles.Add(FloatKey.Of(value));
        return quantiles.Results();
    }

    static BucketHistogram HistogramOf(float[] values)
    {
        var histogram = new BucketHistogram();
        foreach (var value in values)
            histogram.Add((int)(FloatKey.Of(value) >> 16), 1);
        return histogram;
    }

    /// <summary>numpy's definition, on the sorted values.</summary>
    static float Sorted(float[] sorted, double q)
    {
        var h = (sorted.Length - 1) * q;
        var k = (int)Math.Floor(h);
        var t = h - k;
        double a = sorted[k], b = sorted[Math.Min(k + 1, sorted.Length - 1)];
        if (a == b)
            return (float)a;
        return (float)(t < 0.5 ? a + (b - a) * t : b - (b - a) * (1 - t));
    }

    static Dictionary<string, float[]> Samples(int seed)
    {
        var random = new Random(seed);
        float Normal() => (float)(Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()));
        return new()
        {
            ["one value"] = [Normal()],
            ["two values"] = [Normal(), Normal()],
            ["normal"] = [.. Enumerable.Range(0, 2000).Select(_ => Normal())],
            ["mostly zero"] = [.. Enumerable.Range(0, 2000).Select(_ => random.Next(10) < 7 ? random.Next(2) == 0 ? 0f : -0f : Normal())],
            ["one bucket"] = [.. Enumerable.Range(0, 2000).Select(_ => 1 + random.NextSingle() / 1000)],
            ["few values"] = [.. Enumerable.Range(0, 2000).Select(_ => (float)random.Next(5))],
            ["subnormal"] = [.. Enumerable.Range(0, 2000).Select(_ => random.NextSingle() * 1e-39f)],
            ["infinite"] = [.. Enumerable.Range(0, 2000).Select(_ => random.Next(50) switch { 0 => float.PositiveInfinity, 1 => float.NegativeInfinity, _ => Normal() })],
            ["every bit pattern"] = [.. Enumerable.Range(0, 5000).Select(_ => BitConverter.Int32BitsToSingle(random.Next(int.MinValue, int.MaxValue))).Where(value => !float.IsNaN(value))],
        };
    }
}
