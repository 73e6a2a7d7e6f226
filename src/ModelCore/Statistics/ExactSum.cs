namespace HeadScope.ModelCore.Statistics;

/// <summary>
/// A sum of float64 values without rounding, kept as a few non-overlapping parts, so that it does not depend on the order of
/// additions. Shewchuk, "Adaptive Precision Floating-Point Arithmetic and Fast Robust Geometric Predicates", 1997, section 2.4.
/// </summary>
/// <remarks>Of finite values: what is infinite or NaN is counted beside the sum, as <see cref="Moments"/> does, and is refused
/// here.</remarks>
public sealed class ExactSum
{
    readonly List<double> _parts = []; // non-overlapping, increasing in magnitude

    /// <summary>Parts whose exact sum is the sum so far. Adding them to another sum merges the two.</summary>
    public IReadOnlyList<double> Parts => _parts;

    /// <exception cref="ArgumentOutOfRangeException">The value is not finite.</exception>
    /// <exception cref="OverflowException">The sum leaves the range of float64.</exception>
    public void Add(double value)
    {
        if (!double.IsFinite(value))
            throw new ArgumentOutOfRangeException(nameof(value), value, "An exact sum is of finite values.");
        var kept = 0;
        for (var i = 0; i < _parts.Count; i++)
        {
            var part = _parts[i];
            var (large, small) = Math.Abs(value) >= Math.Abs(part) ? (value, part) : (part, value);
            var sum = large + small;
            var error = small - (sum - large);
            if (error != 0)
                _parts[kept++] = error;
            value = sum;
        }

        if (!double.IsFinite(value))
            throw new OverflowException("The sum leaves the range of float64.");
        _parts.RemoveRange(kept, _parts.Count - kept);
        if (value != 0)
            _parts.Add(value);
    }

    /// <exception cref="OverflowException">The sum leaves the range of float64.</exception>
    public void Merge(ExactSum other)
    {
        foreach (var part in other._parts.ToArray())
            Add(part);
    }

    /// <summary>The exact sum, rounded once, to nearest with ties to even.</summary>
    public double Value
    {
        get
        {
            var i = _parts.Count - 1;
            if (i < 0)
                return 0;
            var sum = _parts[i--];
            var error = 0.0;
            while (i >= 0 && error == 0)
            {
                var part = _parts[i--];
                var next = sum + part;
                error = part - (next - sum);
                sum = next;
            }

            // A tie was broken towards even without looking at the parts below: look now.
            if (error != 0 && i >= 0 && Math.Sign(error) == Math.Sign(_parts[i]))
            {
                var doubled = error * 2;
                var next = sum + doubled;
                if (doubled == next - sum)
                    sum = next;
            }

            return sum;
        }
    }
}
