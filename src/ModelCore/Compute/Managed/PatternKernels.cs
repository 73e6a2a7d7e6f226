using System.Runtime.Intrinsics;

namespace HeadScope.ModelCore.Compute.Managed;

/// <summary>Functions of attention patterns, for sixteen destinations at a time.</summary>
internal static unsafe class PatternKernels
{
    /// <summary>The value of <paramref name="operation"/> for sixteen destinations.</summary>
    /// <param name="pattern">[source, destination]: the first destination's column; sources lie <paramref name="stride"/> apart.</param>
    /// <param name="destination">The first destination.</param>
    /// <param name="end">Sources from here on are seen by none of them; what is not visible is 0.</param>
    public static Vector512<float> Of(
        PatternOperation operation, float* pattern, nint stride, int destination, int start, int end) => operation switch
        {
            PatternOperation.Entropy => Entropy(pattern, stride, start, end),
            PatternOperation.MeanDistance => MeanDistance(pattern, stride, destination, start, end),
            PatternOperation.Max => Max(pattern, stride, start, end),
            PatternOperation.MaxButFirst => Max(pattern, stride, Math.Max(start, 1), end),
            _ => throw new ArgumentOutOfRangeException(nameof(operation), operation, null),
        };

    static Vector512<float> Entropy(float* pattern, nint stride, int start, int end)
    {
        var sum = Vector512<float>.Zero;
        for (var s = start; s < end; s++)
        {
            var p = Vector512.Load(pattern + s * stride);
            sum = Vector512.FusedMultiplyAdd(p, VectorMath.LogOfNormal(p), sum);
        }

        return Vector512<float>.Zero - sum;
    }

    static Vector512<float> MeanDistance(float* pattern, nint stride, int destination, int start, int end)
    {
        var sum = Vector512<float>.Zero;
        var distance = Vector512.ConvertToSingle(Vector512<int>.Indices + Vector512.Create(destination - start));
        for (var s = start; s < end; s++)
        {
            sum = Vector512.FusedMultiplyAdd(Vector512.Load(pattern + s * stride), distance, sum);
            distance -= Vector512<float>.One;
        }

        return sum;
    }

    static Vector512<float> Max(float* pattern, nint stride, int start, int end)
    {
        var max = Vector512<float>.Zero;
        for (var s = start; s < end; s++)
            max = Vector512.Max(max, Vector512.Load(pattern + s * stride));
        return max;
    }
}
