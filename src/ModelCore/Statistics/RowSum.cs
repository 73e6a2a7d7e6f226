using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace HeadScope.ModelCore.Statistics;

/// <summary>What one row of values adds to <see cref="Moments"/>.</summary>
public struct RowSum()
{
    /// <summary>Finite values.</summary>
    public int Count;
    public int NaNs;
    public int Infinities;
    public float Min = float.PositiveInfinity;
    public float Max = float.NegativeInfinity;

    /// <summary>Of the finite values.</summary>
    public double Sum;

    /// <summary>Of the finite values.</summary>
    public double SumOfSquares;

    /// <summary>Sums values in an order that depends on their number alone: the same bits on every processor.</summary>
    public static RowSum Of(ReadOnlySpan<float> values)
    {
        var result = new RowSum();
        if (values.IsEmpty)
            return result;
        if (!TensorPrimitives.IsFiniteAll(values))
        {
            foreach (var value in values)
                result.Add(value);
            return result;
        }

        result.Count = values.Length;
        result.Min = TensorPrimitives.Min(values) + 0f; // -0 is +0
        result.Max = TensorPrimitives.Max(values) + 0f;
        Vector512<double> sum = Vector512<double>.Zero, squares = Vector512<double>.Zero;
        var vectors = MemoryMarshal.Cast<float, Vector512<float>>(values);
        foreach (var vector in vectors)
        {
            var (lower, upper) = Vector512.Widen(vector);
            sum += lower + upper;
            squares += lower * lower + upper * upper;
        }

        for (var lane = 0; lane < Vector512<double>.Count; lane++)
        {
            result.Sum += sum[lane];
            result.SumOfSquares += squares[lane];
        }

        foreach (var value in values[(vectors.Length * Vector512<float>.Count)..])
        {
            result.Sum += value;
            result.SumOfSquares += (double)value * value;
        }

        return result;
    }

    public void Add(in RowSum other)
    {
        Count += other.Count;
        NaNs += other.NaNs;
        Infinities += other.Infinities;
        Min = Math.Min(Min, other.Min);
        Max = Math.Max(Max, other.Max);
        Sum += other.Sum;
        SumOfSquares += other.SumOfSquares;
    }

    /// <summary>Adds zeros.</summary>
    public void AddZeros(int count)
    {
        if (count == 0)
            return;
        Count += count;
        Min = Math.Min(Min, 0);
        Max = Math.Max(Max, 0);
    }

    void Add(float value)
    {
        if (float.IsNaN(value))
        {
            NaNs++;
            return;
        }

        if (float.IsInfinity(value))
        {
            Infinities++;
        }
        else
        {
            Count++;
            Sum += value;
            SumOfSquares += (double)value * value;
        }

        Min = Math.Min(Min, value + 0f);
        Max = Math.Max(Max, value + 0f);
    }
}
