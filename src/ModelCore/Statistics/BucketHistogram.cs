namespace HeadScope.ModelCore.Statistics;

/// <summary>
/// Counts of float32 values by the top 16 bits of their <see cref="FloatKey"/>: sign, exponent and 7 bits of mantissa, so that a
/// bucket's values lie within 1/128 of each other. Merging is integer addition: the order of merges, and who did them, leave no trace.
/// </summary>
/// <remarks>
/// Guarantee: of n values, the order statistic of any rank lies in the bucket that <see cref="BucketOf"/> names, and the
/// bucket's middle is within 0.4 % of it (values under the smallest normal float excepted).
/// Pages of 128 buckets, one for each sign and exponent, exist only where something was counted.
/// </remarks>
public sealed class BucketHistogram
{
    public const int Buckets = 1 << 16;

    /// <summary>Of 0, whose key is 0x8000_0000.</summary>
    public const int ZeroBucket = 0x8000;

    const int LowestBucket = 0x007F; // of -infinity, whose key is 0x007F_FFFF
    const int HighestBucket = 0xFF80; // of +infinity, whose key is 0xFF80_0000
    const int PageBits = 7;
    const int PageSize = 1 << PageBits;

    readonly long[]?[] _pages = new long[Buckets / PageSize][];

    /// <summary>How many values were counted.</summary>
    public long Total { get; private set; }

    public long this[int bucket] => _pages[bucket >> PageBits]?[bucket & (PageSize - 1)] ?? 0;

    public void Add(int bucket, long count)
    {
        (_pages[bucket >> PageBits] ??= new long[PageSize])[bucket & (PageSize - 1)] += count;
        Total += count;
    }

    public void Merge(BucketHistogram other)
    {
        foreach (var (bucket, count) in other.Counts)
            Add(bucket, count);
    }

    /// <summary>The buckets that hold anything, ascending.</summary>
    public IEnumerable<(int Bucket, long Count)> Counts
    {
        get
        {
            for (var page = 0; page < _pages.Length; page++)
            {
                if (_pages[page] is not { } counts)
                    continue;
                for (var i = 0; i < PageSize; i++)
                {
                    if (counts[i] != 0)
                        yield return (page * PageSize + i, counts[i]);
                }
            }
        }
    }

    /// <summary>The bucket that holds the value of a rank, 0 for the lowest, and how many values lie in buckets below.</summary>
    public (int Bucket, long Below) BucketOf(long rank)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rank);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(rank, Total);
        var below = 0L;
        foreach (var (bucket, count) in Counts)
        {
            if (rank < below + count)
                return (bucket, below);
            below += count;
        }

        throw new InvalidOperationException("The counts do not add up to the total.");
    }

    /// <summary>
    /// The middle of the bucket that holds a quantile: a preview, before any value is looked at again. The bucket of an infinity holds
    /// nothing else, and gives it. NaN of nothing.
    /// </summary>
    public float Approximate(double q)
    {
        if (Total == 0)
            return float.NaN;
        var (bucket, _) = BucketOf(QuantileRank.Of(Total, q).Lower);
        return bucket switch
        {
            ZeroBucket => 0,
            LowestBucket => float.NegativeInfinity,
            HighestBucket => float.PositiveInfinity,
            _ => FloatKey.ToFloat(((uint)bucket << 16) | 0x8000),
        };
    }
}
