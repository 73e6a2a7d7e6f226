using System.Buffers;
using System.Numerics;
using System.Runtime.InteropServices;

namespace HeadScope.ModelCore.Frames.Parquet;

/// <summary>
/// Numbers, little-endian as they lie in memory. Bounds follow the format's rules for its type-defined order: NaN is counted and
/// kept out, a lowest zero is written as -0 and a highest one as +0, because the order does not tell them apart. Where there is
/// NaN there is no maximum: query engines that take NaN for the largest number would skip row groups that hold what they look for.
/// </summary>
internal sealed class NumberLayout<T>(ValueDictionary<T>? dictionary) : ValueLayout<T>
    where T : unmanaged, INumber<T>
{
    static readonly bool HasNaN = typeof(T) == typeof(float) || typeof(T) == typeof(double);

    public override ValueDictionary<T>? Dictionary => dictionary;

    public override unsafe long PlainSize(ReadOnlySpan<T> values) => (long)values.Length * sizeof(T);

    public override void WritePlain(ReadOnlySpan<T> values, IBufferWriter<byte> output) => output.Write(MemoryMarshal.AsBytes(values));

    public override ColumnStatistics Describe(ReadOnlySpan<T> values)
    {
        var first = 0;
        while (first < values.Length && T.IsNaN(values[first]))
            first++;
        if (first == values.Length)
            return new ColumnStatistics(null, null, values.Length);

        var (low, high, nans) = Bounds(values[first..]);
        if (T.IsZero(low))
            low = T.CreateTruncating(-0.0);
        if (T.IsZero(high))
            high = T.Zero;
        nans += first;
        return new ColumnStatistics(Bytes(low), nans == 0 ? Bytes(high) : null, HasNaN ? nans : null);
    }

    static (T Low, T High, long NaNs) Bounds(ReadOnlySpan<T> values)
    {
        // Comparisons with NaN are false, so it never takes a bound's place; only the first value must not be one.
        T low = values[0], high = values[0];
        var nans = 0L;
        var i = 0;
        if (values.Length >= Vector<T>.Count)
        {
            Vector<T> lows = new(low), highs = new(high);
            for (; i <= values.Length - Vector<T>.Count; i += Vector<T>.Count)
            {
                var next = new Vector<T>(values[i..]);
                lows = Vector.ConditionalSelect(Vector.LessThan(next, lows), next, lows);
                highs = Vector.ConditionalSelect(Vector.GreaterThan(next, highs), next, highs);
                if (!Vector.EqualsAll(next, next))
                    nans += CountNaNs(values.Slice(i, Vector<T>.Count));
            }

            for (var lane = 0; lane < Vector<T>.Count; lane++)
            {
                low = lows[lane] < low ? lows[lane] : low;
                high = highs[lane] > high ? highs[lane] : high;
            }
        }

        foreach (var value in values[i..])
        {
            low = value < low ? value : low;
            high = value > high ? value : high;
        }

        return (low, high, nans + CountNaNs(values[i..]));
    }

    static long CountNaNs(ReadOnlySpan<T> values)
    {
        var count = 0;
        foreach (var value in values)
            count += T.IsNaN(value) ? 1 : 0;
        return count;
    }

    static byte[] Bytes(T value) => MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in value)).ToArray();
}
