using HeadScope.ModelCore.Statistics;
using HeadScope.Tests.Support;

namespace HeadScope.Jobs.Tests.Reduction;

/// <summary>
/// Where a quantile of dla_ratio may lie, given how far head_dla and mover_dla are, at most, from the oracle's: between the same
/// quantile of the lowest and of the highest quotients that such errors allow.
/// </summary>
internal sealed class RatioIntervals
{
    readonly float[] _headDla;
    readonly float[] _moverDla;
    readonly double _error;
    readonly bool[] _induction;

    public RatioIntervals(OracleModel oracle)
    {
        var scores = oracle.Score();
        _headDla = oracle.Expected.Floats("head_dla");
        _moverDla = oracle.Expected.Floats("mover_dla");
        _induction = [.. scores.IsInduction];
        _error = Math.Max(Furthest(_headDla, scores.Of("head_dla")), Furthest(_moverDla, scores.Of("mover_dla")));
    }

    public (float Low, float High) Interval(int head, double level, bool noInduction)
    {
        var positions = _induction.Length;
        List<double> low = [], high = [];
        for (var i = 0; i < positions; i++)
        {
            if (noInduction && _induction[i])
                continue;
            double mover = _moverDla[head * positions + i], dla = _headDla[head * positions + i];
            if (mover == 0)
            {
                low.Add(0); // no copy: exactly zero whatever the errors
                high.Add(0);
                continue;
            }

            if (Math.Abs(dla) <= _error)
            {
                low.Add(double.NegativeInfinity);
                high.Add(double.PositiveInfinity);
                continue;
            }

            var corners = new[] { (mover - _error) / (dla - _error), (mover - _error) / (dla + _error), (mover + _error) / (dla - _error), (mover + _error) / (dla + _error) };
            low.Add(corners.Min());
            high.Add(corners.Max());
        }

        return (Quantile(low, level), Quantile(high, level));
    }

    static float Quantile(List<double> values, double level)
    {
        values.Sort();
        var rank = QuantileRank.Of(values.Count, level);
        double a = values[(int)rank.Lower], b = values[(int)rank.Upper];
        return (float)(rank.Fraction == 0 ? a : a * (1 - rank.Fraction) + b * rank.Fraction); // either may be infinite
    }

    static double Furthest(float[] expected, float[] actual) => expected.Zip(actual, (e, a) => Math.Abs((double)e - a)).Max();
}
