namespace HeadScope.ModelCore.Statistics;

/// <summary>
/// Where a quantile of n sorted values lies: type 7 of Hyndman and Fan ("Sample quantiles in statistical packages", The American
/// Statistician 50(4), 1996), numpy's and PyTorch's default. h = (n - 1) q in float64; between the values of ranks floor(h) and
/// floor(h) + 1, by the fraction that is left.
/// </summary>
public readonly record struct QuantileRank(long Lower, double Fraction)
{
    /// <param name="count">n, at least 1.</param>
    /// <param name="q">From 0 to 1.</param>
    public static QuantileRank Of(long count, double q)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        if (!(q is >= 0 and <= 1))
            throw new ArgumentOutOfRangeException(nameof(q), q, "A quantile is asked for at a level from 0 to 1.");
        var h = (count - 1) * q;
        var lower = Math.Min((long)Math.Floor(h), count - 1);
        return new QuantileRank(lower, h - lower);
    }

    /// <summary>The rank of the upper value; the lower one again where nothing is left over.</summary>
    public long Upper => Fraction > 0 ? Lower + 1 : Lower;

    /// <summary>The quantile, given the values at both ranks: interpolated in float64 from the nearer end, as numpy does.</summary>
    public float Interpolate(float lower, float upper)
    {
        if (lower == upper)
            return lower;
        var difference = (double)upper - lower;
        return (float)(Fraction < 0.5 ? lower + difference * Fraction : upper - difference * (1 - Fraction));
    }
}
