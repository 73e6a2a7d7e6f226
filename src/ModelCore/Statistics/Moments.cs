namespace HeadScope.ModelCore.Statistics;

/// <summary>
/// Count, sums and extremes of float32 values, the same whatever the order in which rows of them were added and merged: a row is
/// summed in float64 in its own order, rows exactly.
/// </summary>
public sealed class Moments
{
    readonly ExactSum _sum = new();
    readonly ExactSum _sumOfSquares = new();
    float _min = float.PositiveInfinity;
    float _max = float.NegativeInfinity;

    /// <summary>Finite values.</summary>
    public long Count { get; private set; }

    /// <summary>Values that are not numbers, which enter nothing else.</summary>
    public long NaNs { get; private set; }

    /// <summary>Infinite values: in the extremes, not in the sums.</summary>
    public long Infinities { get; private set; }

    /// <summary>The lowest of all values, infinities included; NaN where there is none.</summary>
    public float Min => HasValues ? _min : float.NaN;

    /// <summary>The highest of all values, infinities included; NaN where there is none.</summary>
    public float Max => HasValues ? _max : float.NaN;

    /// <summary>Of the finite values; NaN where there is none.</summary>
    public double Mean => Count == 0 ? double.NaN : _sum.Value / Count;

    /// <summary>Of the finite values themselves (divided by the count, not one less).</summary>
    public double StandardDeviation => Count == 0 ? double.NaN : Math.Sqrt(Math.Max(0, _sumOfSquares.Value / Count - Mean * Mean));

    public ExactSum Sum => _sum;

    public ExactSum SumOfSquares => _sumOfSquares;

    bool HasValues => Count + Infinities > 0;

    /// <summary>Adds the finite values of one row, summed already, and the row's extremes and exceptions.</summary>
    public void AddRow(in RowSum row)
    {
        Count += row.Count;
        NaNs += row.NaNs;
        Infinities += row.Infinities;
        if (row.Min < _min)
            _min = row.Min;
        if (row.Max > _max)
            _max = row.Max;
        _sum.Add(row.Sum);
        _sumOfSquares.Add(row.SumOfSquares);
    }

    public void Merge(Moments other)
    {
        Count += other.Count;
        NaNs += other.NaNs;
        Infinities += other.Infinities;
        if (other._min < _min)
            _min = other._min;
        if (other._max > _max)
            _max = other._max;
        _sum.Merge(other._sum);
        _sumOfSquares.Merge(other._sumOfSquares);
    }
}
