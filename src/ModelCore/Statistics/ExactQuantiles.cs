namespace HeadScope.ModelCore.Statistics;

/// <summary>
/// Exact quantiles of any number of values in little memory. A histogram of all of them says which buckets hold the wanted
/// ranks; a second and a third look at the values count, inside those buckets only, the next eight bits of their keys and the last eight.
/// </summary>
/// <remarks>
/// Guarantee: results are the order statistics of the values themselves, interpolated as <see cref="QuantileRank"/> says.
/// About 4 kB for each wanted rank, of which each level has at most two.
/// </remarks>
public sealed class ExactQuantiles
{
    const int Bytes = 256;

    readonly BucketHistogram _histogram;
    readonly (double Q, QuantileRank Rank)[] _levels;
    readonly byte[] _slotOf = new byte[BucketHistogram.Buckets]; // by bucket: its slot + 1, or 0 where nothing is wanted
    readonly List<Cell> _buckets = []; // by slot
    readonly long[] _bucketCounts; // [slot, next byte]
    readonly byte[] _cellOf; // [slot, next byte]: the cell's slot + 1, or 0
    readonly List<Cell> _cells = []; // 24-bit prefixes that hold a wanted rank
    long[]? _cellCounts; // [cell slot, last byte]; present from the third look on

    /// <summary>Values whose keys share a prefix.</summary>
    /// <param name="Count">How many there are.</param>
    /// <param name="Below">How many values are lower.</param>
    readonly record struct Cell(int Prefix, long Count, long Below);

    /// <param name="histogram">Of all the values that will be looked at again.</param>
    /// <param name="levels">From 0 to 1, at most 100.</param>
    public ExactQuantiles(BucketHistogram histogram, IEnumerable<double> levels)
    {
        _histogram = histogram;
        _levels = [.. levels.Select(q => (q, histogram.Total == 0 ? default : QuantileRank.Of(histogram.Total, q)))];
        foreach (var rank in Ranks())
        {
            var (bucket, below) = histogram.BucketOf(rank);
            if (_slotOf[bucket] != 0)
                continue;
            _buckets.Add(new Cell(bucket, histogram[bucket], below));
            _slotOf[bucket] = checked((byte)_buckets.Count);
        }

        _bucketCounts = new long[_buckets.Count * Bytes];
        _cellOf = new byte[_buckets.Count * Bytes];
    }

    /// <summary>Whether a bucket holds a wanted rank, so that its values have to be looked at.</summary>
    public bool Wants(int bucket) => _slotOf[bucket] != 0;

    /// <summary>Looks at a value, or at <paramref name="count"/> equal ones.</summary>
    public void Add(uint key, long count = 1)
    {
        var slot = _slotOf[key >> 16];
        if (slot == 0)
            return;
        var index = (slot - 1) * Bytes + (int)((key >> 8) & 0xFF);
        if (_cellCounts is null)
        {
            _bucketCounts[index] += count;
            return;
        }

        var cell = _cellOf[index];
        if (cell != 0)
            _cellCounts[(cell - 1) * Bytes + (int)(key & 0xFF)] += count;
    }

    /// <summary>All values have been looked at a second time; the third look follows.</summary>
    /// <exception cref="InvalidDataException">The values looked at are not those the histogram counted.</exception>
    public void Narrow()
    {
        Check(_buckets, _bucketCounts);
        foreach (var rank in Ranks())
        {
            var slot = _slotOf[_histogram.BucketOf(rank).Bucket] - 1;
            var (value, below) = Locate(_bucketCounts, slot, _buckets[slot].Below, rank);
            ref var cell = ref _cellOf[slot * Bytes + value];
            if (cell != 0)
                continue;
            _cells.Add(new Cell((_buckets[slot].Prefix << 8) | value, _bucketCounts[slot * Bytes + value], below));
            cell = checked((byte)_cells.Count);
        }

        _cellCounts = new long[_cells.Count * Bytes];
    }

    /// <summary>The quantiles, in the order of the levels, after the third look; NaN where there are no values.</summary>
    /// <exception cref="InvalidDataException">The values looked at are not those the histogram counted.</exception>
    public float[] Results()
    {
        Check(_cells, _cellCounts ?? throw new InvalidOperationException("The values have to be looked at a third time."));
        return [.. _levels.Select(
            level => _histogram.Total == 0 ? float.NaN : level.Rank.Interpolate(ValueAt(level.Rank.Lower), ValueAt(level.Rank.Upper)))];
    }

    float ValueAt(long rank)
    {
        var slot = _slotOf[_histogram.BucketOf(rank).Bucket] - 1;
        var (next, _) = Locate(_bucketCounts, slot, _buckets[slot].Below, rank);
        var cell = _cellOf[slot * Bytes + next] - 1;
        var (last, _) = Locate(_cellCounts!, cell, _cells[cell].Below, rank);
        return FloatKey.ToFloat(((uint)_cells[cell].Prefix << 8) | (uint)last);
    }

    /// <summary>The byte that the value of a rank has, and how many values are lower than all with that byte.</summary>
    static (int Byte, long Below) Locate(long[] counts, int slot, long below, long rank)
    {
        for (var i = 0; i < Bytes; i++)
        {
            var count = counts[slot * Bytes + i];
            if (rank < below + count)
                return (i, below);
            below += count;
        }

        throw new InvalidOperationException("A rank lies beyond its cell.");
    }

    static void Check(List<Cell> cells, long[] counts)
    {
        for (var slot = 0; slot < cells.Count; slot++)
        {
            var seen = counts.AsSpan(slot * Bytes, Bytes);
            var total = System.Numerics.Tensors.TensorPrimitives.Sum<long>(seen);
            if (total != cells[slot].Count)
                throw new InvalidDataException($"Looking again found {total} values where {cells[slot].Count} had been counted.");
        }
    }

    IEnumerable<long> Ranks() => _histogram.Total == 0 ? [] : _levels.SelectMany(level => new[] { level.Rank.Lower, level.Rank.Upper });
}
