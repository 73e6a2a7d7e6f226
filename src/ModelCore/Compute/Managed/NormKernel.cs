using System.Runtime.Intrinsics;

namespace HeadScope.ModelCore.Compute.Managed;

/// <summary>LayerNorm and RMSNorm of one row. Moments and division in float64, so that the only float32 rounding is the last.</summary>
internal static unsafe class NormKernel
{
    /// <summary>Writes the normalised row to <paramref name="y"/> and returns what x was divided by.</summary>
    /// <param name="weight">[count], or null.</param>
    /// <param name="bias">[count], or null.</param>
    public static float Normalize(float* x, float* y, int count, NormKind kind, float epsilon, float* weight, float* bias)
    {
        var mean = kind == NormKind.LayerNorm ? SumOfPowers(x, count, 0, squared: false) / count : 0.0;
        var variance = SumOfPowers(x, count, mean, squared: true) / count;
        var scale = Math.Sqrt(variance + epsilon);
        var inverse = 1.0 / scale;
        for (var i = 0; i < count; i += VectorMath.Lanes)
        {
            var take = Math.Min(VectorMath.Lanes, count - i);
            var (low, high) = Vector512.Widen(Vector512.Load(x + i));
            var value = Vector512.Narrow((low - Vector512.Create(mean)) * Vector512.Create(inverse), (high - Vector512.Create(mean)) * Vector512.Create(inverse));
            if (weight is not null)
                value *= Vector512.Load(weight + i);
            if (bias is not null)
                value += Vector512.Load(bias + i);
            VectorMath.StoreFirst(value, y + i, take);
        }

        return (float)scale;
    }

    static double SumOfPowers(float* x, int count, double center, bool squared)
    {
        var c = Vector512.Create(center);
        Vector512<double> sumLow = Vector512<double>.Zero, sumHigh = Vector512<double>.Zero;
        for (var i = 0; i < count; i += VectorMath.Lanes)
        {
            var (low, high) = Vector512.Widen(Vector512.Load(x + i));
            low -= c;
            high -= c;
            if (squared)
            {
                low *= low;
                high *= high;
            }

            if (i + VectorMath.Lanes > count)
            {
                var (lowMask, highMask) = TailMasks(count - i);
                low &= lowMask;
                high &= highMask;
            }

            sumLow += low;
            sumHigh += high;
        }

        return VectorMath.Sum(sumLow + sumHigh);
    }

    static (Vector512<double> Low, Vector512<double> High) TailMasks(int count)
    {
        var lanes = Vector512<long>.Indices;
        return (Vector512.LessThan(lanes, Vector512.Create((long)count)).AsDouble(),
            Vector512.LessThan(lanes, Vector512.Create(count - 8L)).AsDouble());
    }
}
