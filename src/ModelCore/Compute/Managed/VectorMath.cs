using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace HeadScope.ModelCore.Compute.Managed;

/// <summary>
/// Functions on sixteen floats at a time. Every operation used is exactly rounded and every sum has a fixed shape, so the
/// results are the same bits whether the processor has 512, 256 or 128 bit vectors.
/// </summary>
internal static unsafe class VectorMath
{
    public const int Lanes = 16;

    // exp: below the first the result would be subnormal (and is made zero), above the second infinite.
    const float ExpUnderflow = -87.33654f;
    const float ExpOverflow = 88.37626f;
    const float Log2E = 1.44269504f;
    const float Ln2High = 0.693145752f;
    const float Ln2Low = 1.42860677e-6f;
    const float RoundingShift = 12582912f; // 1.5 * 2^23: adding it leaves the nearest integer in the low mantissa bits

    static readonly Vector512<int> LaneIndex = Vector512<int>.Indices;

    /// <summary>The first <paramref name="count"/> lanes all ones, the others zero.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> FirstLanes(int count) => Vector512.LessThan(LaneIndex, Vector512.Create(count)).AsSingle();

    /// <summary>
    /// Sixteen floats, of which those from <paramref name="count"/> on are read (they must be readable) and replaced by zero.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> LoadFirst(float* source, int count) => Vector512.Load(source) & FirstLanes(count);

    /// <summary>Stores the first <paramref name="count"/> lanes and nothing behind them.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreFirst(Vector512<float> value, float* destination, int count)
    {
        if (count >= Lanes)
            value.Store(destination);
        else
            StoreTail(value, destination, count);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    static void StoreTail(Vector512<float> value, float* destination, int count)
    {
        var lanes = stackalloc float[Lanes];
        value.Store(lanes);
        for (var i = 0; i < count; i++)
            destination[i] = lanes[i];
    }

    /// <summary>The sum of the lanes, always paired in the same way.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Vector512<float> v)
    {
        var eight = v.GetLower() + v.GetUpper();
        var four = eight.GetLower() + eight.GetUpper();
        return (four[0] + four[2]) + (four[1] + four[3]);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double Sum(Vector512<double> v)
    {
        var four = v.GetLower() + v.GetUpper();
        var two = four.GetLower() + four.GetUpper();
        return two[0] + two[1];
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Max(Vector512<float> v)
    {
        var eight = Vector256.Max(v.GetLower(), v.GetUpper());
        var four = Vector128.Max(eight.GetLower(), eight.GetUpper());
        return Math.Max(Math.Max(four[0], four[2]), Math.Max(four[1], four[3]));
    }

    /// <summary>
    /// e^x within 1.2 ulp: x = n ln 2 + r, a polynomial in r (minimax on |r| ≤ ln 2 / 2), times 2^n. Subnormal results are zero.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Exp(Vector512<float> x)
    {
        var shifted = Vector512.FusedMultiplyAdd(x, Vector512.Create(Log2E), Vector512.Create(RoundingShift));
        var n = shifted - Vector512.Create(RoundingShift);
        var r = Vector512.FusedMultiplyAdd(n, Vector512.Create(-Ln2High), x);
        r = Vector512.FusedMultiplyAdd(n, Vector512.Create(-Ln2Low), r);

        var p = Vector512.Create(0.00139411096f);
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(0.00836317521f));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(0.0416663736f));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(0.166665763f));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(0.5f));
        p = Vector512.FusedMultiplyAdd(p, r * r, r);
        p += Vector512<float>.One;

        var exponent = shifted.AsInt32() - Vector512.Create(BitConverter.SingleToInt32Bits(RoundingShift) - 127);
        var power = (exponent << 23).AsSingle();
        var result = p * power;
        result = Vector512.ConditionalSelect(Vector512.LessThan(x, Vector512.Create(ExpUnderflow)), Vector512<float>.Zero, result);
        return Vector512.ConditionalSelect(
            Vector512.GreaterThan(x, Vector512.Create(ExpOverflow)), Vector512.Create(float.PositiveInfinity), result);
    }

    /// <summary>
    /// tanh x within 4 ulp: near zero x plus x³ times a polynomial in x² (minimax on |x| ≤ 0.6), further out 1 - 2 / (exp(2 |x|) + 1),
    /// with x's sign.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Tanh(Vector512<float> x)
    {
        var squared = x * x;
        var p = Vector512.Create(-0.00589497155f);
        p = Vector512.FusedMultiplyAdd(p, squared, Vector512.Create(0.0207958017f));
        p = Vector512.FusedMultiplyAdd(p, squared, Vector512.Create(-0.0537837781f));
        p = Vector512.FusedMultiplyAdd(p, squared, Vector512.Create(0.133319229f));
        p = Vector512.FusedMultiplyAdd(p, squared, Vector512.Create(-0.333332986f));
        var near = Vector512.FusedMultiplyAdd(p * squared, x, x);

        var magnitude = Vector512.Abs(x);
        var far = Vector512<float>.One - Vector512.Create(2f) / (Exp(magnitude + magnitude) + Vector512<float>.One);
        far |= x & Vector512.Create(-0f);
        return Vector512.ConditionalSelect(Vector512.LessThan(magnitude, Vector512.Create(0.6f)), near, far);
    }

    /// <summary>
    /// ln x within 2 ulp, for x in 0 .. 1 and above; that of a subnormal number or zero is that of the smallest normal one. x = 2^e m with
    /// √½ ≤ m &lt; √2, and ln m = 2 artanh t = 2 (t + t³/3 + t⁵/5 + ...) with t = (m - 1) / (m + 1), |t| &lt; 0.172.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> LogOfNormal(Vector512<float> x)
    {
        const int half = 0x3F3504F3; // √½
        var bits = Vector512.Max(x, Vector512.Create(1.17549435e-38f)).AsInt32() - Vector512.Create(half);
        var exponent = Vector512.ConvertToSingle(Vector512.ShiftRightArithmetic(bits, 23));
        var m = ((bits & Vector512.Create(0x007FFFFF)) + Vector512.Create(half)).AsSingle();

        var t = (m - Vector512<float>.One) / (m + Vector512<float>.One);
        var squared = t * t;
        var series = Vector512.Create(2f / 9);
        series = Vector512.FusedMultiplyAdd(series, squared, Vector512.Create(2f / 7));
        series = Vector512.FusedMultiplyAdd(series, squared, Vector512.Create(2f / 5));
        series = Vector512.FusedMultiplyAdd(series, squared, Vector512.Create(2f / 3));
        var logarithm = Vector512.FusedMultiplyAdd(series * squared, t, t + t);
        logarithm = Vector512.FusedMultiplyAdd(exponent, Vector512.Create(Ln2Low), logarithm);
        return Vector512.FusedMultiplyAdd(exponent, Vector512.Create(Ln2High), logarithm);
    }

    /// <summary>
    /// Φ(x), the standard normal distribution function, within 3e-7 relative. Near zero ½ + ½ erf(|x|/√2) from a polynomial in x²;
    /// further out the tail ½ erfc(|x|/√2) = ½ exp(-y² - q(y)), which loses nothing to cancellation on the negative side.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> NormalDistribution(Vector512<float> x)
    {
        var half = Vector512.Create(0.5f);
        var y = Vector512.Abs(x) * Vector512.Create(0.707106781f);
        var squared = y * y;

        var erf = Vector512.Create(-9.68013683e-06f);
        erf = Vector512.FusedMultiplyAdd(erf, squared, Vector512.Create(0.000112705409f));
        erf = Vector512.FusedMultiplyAdd(erf, squared, Vector512.Create(-0.000848471129f));
        erf = Vector512.FusedMultiplyAdd(erf, squared, Vector512.Create(0.00522107491f));
        erf = Vector512.FusedMultiplyAdd(erf, squared, Vector512.Create(-0.0268654451f));
        erf = Vector512.FusedMultiplyAdd(erf, squared, Vector512.Create(0.112837829f));
        erf = Vector512.FusedMultiplyAdd(erf, squared, Vector512.Create(-0.376126379f));
        erf = Vector512.FusedMultiplyAdd(erf, squared, Vector512.Create(1.12837923f));
        var near = half * (y * erf);

        // Beyond y = 5 the tail is under 1e-12: q may stay what it is there.
        var clamped = Vector512.Min(y, Vector512.Create(5f));
        var q = Vector512.Create(1.08158176e-07f);
        q = Vector512.FusedMultiplyAdd(q, clamped, Vector512.Create(-4.04714956e-06f));
        q = Vector512.FusedMultiplyAdd(q, clamped, Vector512.Create(6.93533584e-05f));
        q = Vector512.FusedMultiplyAdd(q, clamped, Vector512.Create(-0.000724795624f));
        q = Vector512.FusedMultiplyAdd(q, clamped, Vector512.Create(0.00519935135f));
        q = Vector512.FusedMultiplyAdd(q, clamped, Vector512.Create(-0.0273994692f));
        q = Vector512.FusedMultiplyAdd(q, clamped, Vector512.Create(0.111487471f));
        q = Vector512.FusedMultiplyAdd(q, clamped, Vector512.Create(-0.369435042f));
        q = Vector512.FusedMultiplyAdd(q, clamped, Vector512.Create(1.13087177f));
        q = Vector512.FusedMultiplyAdd(q, clamped, Vector512.Create(-0.000459164255f));
        var tail = half * Exp(-(squared + q));

        var isNear = Vector512.LessThan(y, Vector512<float>.One);
        var isNegative = Vector512.LessThan(x, Vector512<float>.Zero);
        var below = Vector512.ConditionalSelect(isNear, half - near, tail);
        var above = Vector512.ConditionalSelect(isNear, half + near, Vector512<float>.One - tail);
        return Vector512.ConditionalSelect(isNegative, below, above);
    }

    /// <summary>The dot product of two vectors of <paramref name="count"/> floats, summed in sixteen interleaved partial sums.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Dot(float* a, float* b, int count)
    {
        var sum = Vector512<float>.Zero;
        var i = 0;
        for (; i + Lanes <= count; i += Lanes)
            sum = Vector512.FusedMultiplyAdd(Vector512.Load(a + i), Vector512.Load(b + i), sum);
        if (i < count)
            sum = Vector512.FusedMultiplyAdd(LoadFirst(a + i, count - i), LoadFirst(b + i, count - i), sum);
        return Sum(sum);
    }
}
