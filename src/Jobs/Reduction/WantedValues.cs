using HeadScope.ModelCore.Statistics;

namespace HeadScope.Jobs.Reduction;

/// <summary>The quantiles of one score, of all positions and of those without induction.</summary>
internal sealed class WantedValues
{
    readonly byte[] _buckets = new byte[BucketHistogram.Buckets]; // 1 where a bucket holds a wanted rank of either

    public WantedValues(ExactQuantiles[] quantiles)
    {
        Quantiles = quantiles;
        for (var bucket = 0; bucket < _buckets.Length; bucket++)
            _buckets[bucket] = (byte)(quantiles.Any(each => each.Wants(bucket)) ? 1 : 0);
    }

    public ExactQuantiles[] Quantiles { get; }

    /// <param name="candidates">Room for one more than there are values.</param>
    public void Look(ReadOnlySpan<float> values, ReadOnlySpan<byte> induction, ulong[] candidates)
    {
        // Nearly all values are not wanted, unpredictably: a branch for each would cost more than all else.
        var count = 0;
        for (var i = 0; i < values.Length; i++)
        {
            var key = FloatKey.Of(values[i]);
            candidates[count] = key | (ulong)induction[i] << 32;
            count += _buckets[key >> 16];
        }

        foreach (var candidate in candidates.AsSpan(0, count))
        {
            if (FloatKey.IsNumber((uint)candidate))
                Add((uint)candidate, (int)(candidate >> 32), 1);
        }
    }

    public void LookAtZeros(ReadOnlySpan<int> counts)
    {
        for (var induction = 0; induction < counts.Length; induction++)
            Add(FloatKey.Of(0), induction, counts[induction]);
    }

    void Add(uint key, int induction, int count)
    {
        Quantiles[0].Add(key, count);
        if (induction == 0)
            Quantiles[1].Add(key, count);
    }
}
