using System.Runtime.Intrinsics;
using HeadScope.ModelCore.Compute.Managed;

namespace HeadScope.ModelCore.Tests.Compute;

public class VectorMathTests
{
    [Fact]
    public void Exp_EveryBinade_IsWithinTwoUlp()
    {
        var worst = 0.0;
        for (var x = -87.3f; x < 88.3f; x += 0.00037f)
        {
            var expected = Math.Exp(x);
            var actual = VectorMath.Exp(Vector512.Create(x))[0];
            worst = Math.Max(worst, Math.Abs(actual - expected) / (MathF.BitIncrement((float)expected) - (float)expected));
        }

        Assert.InRange(worst, 0, 2);
    }

    [Theory]
    [InlineData(float.NegativeInfinity, 0f)]
    [InlineData(-100f, 0f)]
    [InlineData(0f, 1f)]
    [InlineData(100f, float.PositiveInfinity)]
    [InlineData(float.NaN, float.NaN)]
    public void Exp_OutsideTheRange_HasTheLimit(float x, float expected) =>
        Assert.Equal(expected, VectorMath.Exp(Vector512.Create(x))[7]);

    [Fact]
    public void Tanh_BothSigns_IsWithinFourUlp()
    {
        var worst = 0.0;
        for (var x = 1e-6f; x < 12; x *= 1.00013f)
        {
            var expected = Math.Tanh(x);
            Assert.Equal(-VectorMath.Tanh(Vector512.Create(x))[5], VectorMath.Tanh(Vector512.Create(-x))[5]);
            worst = Math.Max(
                worst,
                Math.Abs(VectorMath.Tanh(Vector512.Create(x))[5] - expected) / (MathF.BitIncrement((float)expected) - (float)expected));
        }

        Assert.InRange(worst, 0, 4);
    }

    [Theory]
    [InlineData(0f, 0f)]
    [InlineData(float.NegativeInfinity, -1f)]
    [InlineData(float.PositiveInfinity, 1f)]
    [InlineData(float.NaN, float.NaN)]
    public void Tanh_OutsideTheRange_HasTheLimit(float x, float expected) =>
        Assert.Equal(expected, VectorMath.Tanh(Vector512.Create(x))[7]);

    [Fact]
    public void NormalDistribution_BothTails_IsRelativelyAccurate()
    {
        var worst = 0.0;
        for (var x = -7f; x < 7f; x += 0.00013f)
        {
            var expected = 0.5 * MathNet.Numerics.SpecialFunctions.Erfc(-(double)x / Math.Sqrt(2));
            var actual = VectorMath.NormalDistribution(Vector512.Create(x))[3];
            // The tail is exp(-y²): rounding y and its square, 6e-8 each, is multiplied by y² = x²/2.
            var bound = 1.5e-6 + 3e-7 * x * x / 2;
            worst = Math.Max(worst, Math.Abs(actual - expected) / expected / bound);
        }

        Assert.InRange(worst, 0, 1);
    }

    [Fact]
    public unsafe void Dot_LengthsThatAreNoMultipleOfTheLanes_CountsEachElementOnce()
    {
        var random = new Random(5);
        for (var count = 1; count < 70; count++)
        {
            var a = new float[count + VectorMath.Lanes];
            var b = new float[count + VectorMath.Lanes];
            Array.Fill(a, float.NaN);
            var expected = 0.0;
            for (var i = 0; i < count; i++)
                expected += (a[i] = random.NextSingle()) * (double)(b[i] = random.NextSingle());
            fixed (float* pa = a, pb = b)
                Assert.Equal(expected, VectorMath.Dot(pa, pb, count), 1e-4);
        }
    }
}
