namespace HeadScope.ModelCore.Statistics;

/// <summary>
/// Exact quantiles of any number of values in bounded memory. A histogram of all of them says which buckets hold the wanted
/// ranks; a second look at the values counts, inside those buckets only, the low 16 bits of their keys.
/// </summary>
/// <remarks>
/// Guarantee: results are the order statistics of the values themselves, interpolated as <see cref="QuantileRank"/> says. At most
/// 512 kB for each bucket of interest, of which each level has at most two.
/// </remarks>
public sealed class ExactQuantiles
{
    const int LowValues = 1 << 16;

    readonly BucketHistogram _histogram;
    readonly (double Q, QuantileRank Rank)[] _levels;
    readonly Dictionary<int, (int Slot, long Below)> _buckets = [];
    readonly byte[] _slotOf; // by bucket: slot + 1, or 0 where nothing is wanted
    readonly long[][] _low; // [slot][low 16 bits]

    /// <param name="histogram">Of all the values that will be looked at again.</param>
    /// <param name="levels">From 0 to 1, at most 100.</param>
    public ExactQuantiles(BucketHistogram histogram, IEnumerable<double> levels)
    {
        _histogram = histogram;
        var total = histogram.Total;
        _levels = [.. levels.Select(q => (q, total == 0 ? default : QuantileRank.Of(total, q)))];
        _slotOf = new byte[BucketHistogram.Buckets];
        if (total > 0)
        {
            foreach (var rank in _levels.SelectMany(level => new[] { level.Rank.Lower, level.Rank.Upper }))
            {
                var (bucket, below) = histogram.BucketOf(rank);
                if (_buckets.TryAdd(bucket, (_buckets.Count, below)))
                    _slotOf[bucket] = checked((byte)_buckets.Count);
            }
        }

        _low = new long[_buckets.Count][];
        for (var slot = 0; slot < _low.Length; slot++)
            _low[slot] = new long[LowValues];
    }

    /// <summary>Looks at a value again.</summary>
    public void Add(uint key)
    {
        var slot = _slotOf[key >> 16];
        if (slot != 0)
            _low[slot - 1][(ushort)key]++;
    }

    /// <summary>Looks at a value that occurs <paramref name="count"/> times.</summary>
    public void Add(uint key, long count)
    {
        var slot = _slotOf[key >> 16];
        if (slot != 0)
            _low[slot - 1][(ushort)key] += count;
    }

    /// <summary>The quantiles, in the order of the levels; NaN where there are no values.</summary>
    /// <exception cref="InvalidDataException">The values looked at are not those the histogram counted.</exception>
    public float[] Results()
    {
        foreach (var (bucket, (slot, _)) in _buckets)
        {
            var seen = _low[slot].Sum();
            if (seen != _histogram[bucket])
                throw new InvalidDataException($"The second pass found {seen} values where the first counted {_histogram[bucket]} (bucket {bucket}).");
        }

        return [.. _levels.Select(level => _histogram.Total == 0 ? float.NaN : level.Rank.Interpolate(ValueAt(level.Rank.Lower), ValueAt(level.Rank.Upper)))];
    }

    float ValueAt(long rank)
    {
        var (bucket, below) = _histogram.BucketOf(rank);
        var low = _low[_buckets[bucket].Slot];
        var left = rank - below;
        for (var i = 0; i < LowValues; i++)
        {
            left -= low[i];
            if (left < 0)
                return FloatKey.ToFloat(((uint)bucket << 16) | (uint)i);
        }

        throw new InvalidOperationException("A rank lies beyond its bucket.");
    }
}
