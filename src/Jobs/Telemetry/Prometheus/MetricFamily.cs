namespace HeadScope.Jobs.Telemetry.Prometheus;

/// <summary>What Prometheus knows of how a metric's values behave.</summary>
public enum MetricType
{
    Counter,
    Gauge,
    Histogram,
}

/// <summary>
/// A metric with all its series. Written by the threads that measure, read by those that scrape; a snapshot is of one moment, so
/// that a histogram's buckets, sum and count agree.
/// </summary>
/// <param name="name">Without the suffix of a counter's samples.</param>
/// <param name="unit">In words, as the name has it, or empty.</param>
/// <param name="bounds">Upper bounds of a histogram's buckets, ascending, without infinity.</param>
/// <param name="limit">How many series there may be. Further ones are counted together, in a series that says so.</param>
internal sealed class MetricFamily(string name, MetricType type, string unit, string help, double[] bounds, int limit)
{
    /// <summary>Labels of the series that stands for all that were too many; the name is OpenTelemetry's.</summary>
    const string Overflow = "otel_metric_overflow=\"true\"";

    readonly Lock _gate = new();
    readonly SortedDictionary<string, Series> _series = new(StringComparer.Ordinal);

    public string Name => name;

    public MetricType Type => type;

    /// <summary>Adds to a counter or to a gauge that is counted up and down.</summary>
    public void Add(string labels, double value)
    {
        lock (_gate)
            SeriesOf(labels).Sum += value;
    }

    /// <summary>Sets a gauge.</summary>
    public void Set(string labels, double value)
    {
        lock (_gate)
            SeriesOf(labels).Sum = value;
    }

    /// <summary>Sets what an observed counter or gauge is at, until <see cref="ForgetObserved"/>.</summary>
    public void Observe(string labels, double value)
    {
        lock (_gate)
        {
            var series = SeriesOf(labels);
            series.Sum = series.Observed ? series.Sum + value : value; // twice means several too many
            series.Observed = true;
        }
    }

    /// <summary>Counts a value in its bucket. What is not a number is not counted.</summary>
    public void Record(string labels, double value)
    {
        if (double.IsNaN(value))
            return;
        lock (_gate)
        {
            var series = SeriesOf(labels);
            series.Sum += value;
            var bucket = Array.BinarySearch(bounds, value);
            series.Buckets[bucket < 0 ? ~bucket : bucket]++;
        }
    }

    /// <summary>Forgets what was observed: a series that is not observed again is gone.</summary>
    public void ForgetObserved()
    {
        lock (_gate)
        {
            foreach (var labels in _series.Where(series => series.Value.Observed).Select(series => series.Key).ToList())
                _series.Remove(labels);
        }
    }

    public FamilySnapshot Snapshot()
    {
        lock (_gate)
            return new FamilySnapshot(name, type, unit, help, bounds, [.. _series.Values.Select(series => new SeriesSnapshot(series.Labels, series.Sum, [.. series.Buckets]))]);
    }

    Series SeriesOf(string labels)
    {
        if (_series.TryGetValue(labels, out var series))
            return series;
        if (_series.Count >= limit)
        {
            labels = Overflow;
            if (_series.TryGetValue(labels, out series))
                return series;
        }

        series = new Series(labels, type == MetricType.Histogram ? bounds.Length + 1 : 0);
        _series.Add(labels, series);
        return series;
    }

    sealed class Series(string labels, int buckets)
    {
        public string Labels => labels;

        public double Sum { get; set; }

        /// <summary>[bucket], the last of values above all bounds; not cumulative.</summary>
        public long[] Buckets { get; } = new long[buckets];

        public bool Observed { get; set; }
    }
}

/// <summary>A metric at one moment.</summary>
/// <param name="Name">Without the suffix of a counter's samples.</param>
/// <param name="Unit">In words, or empty.</param>
/// <param name="Bounds">Of a histogram's buckets, without infinity.</param>
public sealed record FamilySnapshot(string Name, MetricType Type, string Unit, string Help, IReadOnlyList<double> Bounds, IReadOnlyList<SeriesSnapshot> Series);

/// <param name="Labels">As the text format has them between braces, escaped: <c>op="read",state="done"</c>.</param>
/// <param name="Value">A counter's or gauge's value; a histogram's sum.</param>
/// <param name="Buckets">Of a histogram: how many values are in each bucket and no lower one; the last is of those above all bounds.</param>
public sealed record SeriesSnapshot(string Labels, double Value, IReadOnlyList<long> Buckets);
