using HeadScope.ModelCore.Statistics;

namespace HeadScope.Jobs.Shards;

/// <summary>One score of one head on one population, while it is counted.</summary>
internal sealed class ScoreTally
{
    readonly int[] _counts = new int[BucketHistogram.Buckets];
    ScoreStatistics _statistics = null!;
    RowSum _row;

    public void Begin(ScoreStatistics statistics)
    {
        _statistics = statistics;
        _row = new RowSum();
    }

    public void Add(ReadOnlySpan<float> values, ReadOnlySpan<int> positions, int row)
    {
        var sum = RowSum.Of(values);
        _row.Add(sum);
        foreach (var value in values)
        {
            if (sum.NaNs == 0 || !float.IsNaN(value))
                _counts[FloatKey.Of(value) >> 16]++;
        }

        if (!_statistics.AdmitsExample(sum.Min, sum.Max, row))
            return;
        for (var i = 0; i < values.Length; i++)
            _statistics.OfferExample(values[i], row, positions[i]);
    }

    public void AddZeros(ReadOnlySpan<int> positions, int row)
    {
        _row.AddZeros(positions.Length);
        _counts[BucketHistogram.ZeroBucket] += positions.Length;
        if (!_statistics.AdmitsExample(0, 0, row))
            return;
        foreach (var position in positions)
            _statistics.OfferExample(0, row, position);
    }

    public void EndRow()
    {
        _statistics.Moments.AddRow(_row);
        _row = new RowSum();
    }

    public void End()
    {
        var counts = _counts.AsSpan();
        for (var bucket = 0; ; bucket++)
        {
            var next = counts[bucket..].IndexOfAnyExcept(0);
            if (next < 0)
                return;
            bucket += next;
            _statistics.Histogram.Add(bucket, counts[bucket]);
            counts[bucket] = 0;
        }
    }
}
