using System.Runtime.Intrinsics;

namespace HeadScope.ModelCore.Compute.Managed;

/// <summary>
/// LayerNorm and RMSNorm of one row, in float64 but for the input and the output. There the variance may be taken as the mean
/// square less the squared mean: what that loses is far below float32.
/// </summary>
internal static unsafe class NormKernel
{
    /// <summary>Writes the normalised row to <paramref name="y"/> and returns what x was divided by.</summary>
    /// <param name="weight">[count], or null.</param>
    /// <param name="bias">[count], or null.</param>
    public static float Normalize(float* x, float* y, int count, NormKind kind, float epsilon, float* weight, float* bias)
    {
        var (sum, squares) = Sums(x, count);
        var mean = kind == NormKind.LayerNorm ? sum / count : 0.0;
        var scale = Math.Sqrt(Math.Max(0, squares / count - mean * mean) + epsilon);
        var (center, inverse) = (Vector512.Create(mean), Vector512.Create(1.0 / scale));
        for (var i = 0; i < count; i += VectorMath.Lanes)
        {
            var v = Vector512.Load(x + i);
            var value = Vector512.Narrow((Vector512.WidenLower(v) - center) * inverse, (Vector512.WidenUpper(v) - center) * inverse);
            if (weight is not null)
                value *= Vector512.Load(weight + i);
            if (bias is not null)
                value += Vector512.Load(bias + i);
            VectorMath.StoreFirst(value, y + i, count - i);
        }

        return (float)scale;
    }

    static (double Sum, double Squares) Sums(float* x, int count)
    {
        Vector512<double> sumLow = default, sumHigh = default, squaresLow = default, squaresHigh = default;
        var i = 0;
        for (; i + VectorMath.Lanes <= count; i += VectorMath.Lanes)
            Add(Vector512.Load(x + i), ref sumLow, ref sumHigh, ref squaresLow, ref squaresHigh);
        if (i < count)
            Add(VectorMath.LoadFirst(x + i, count - i), ref sumLow, ref sumHigh, ref squaresLow, ref squaresHigh);
        return (VectorMath.Sum(sumLow + sumHigh), VectorMath.Sum(squaresLow + squaresHigh));

        static void Add(
            Vector512<float> v, ref Vector512<double> sumLow, ref Vector512<double> sumHigh, ref Vector512<double> squaresLow,
            ref Vector512<double> squaresHigh)
        {
            Vector512<double> low = Vector512.WidenLower(v), high = Vector512.WidenUpper(v);
            sumLow += low;
            sumHigh += high;
            squaresLow = Vector512.FusedMultiplyAdd(low, low, squaresLow);
            squaresHigh = Vector512.FusedMultiplyAdd(high, high, squaresHigh);
        }
    }
}
