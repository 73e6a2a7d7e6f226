using System.Diagnostics.Metrics;
using System.Numerics;

namespace HeadScope.Jobs.Telemetry.Prometheus;

/// <summary>
/// Listens to meters and keeps what Prometheus asks for: running totals of counters, the last value of gauges, histograms by the
/// buckets that their instruments advise. From any thread.
/// </summary>
public sealed class MetricCollector : IDisposable
{
    /// <summary>Series of one metric; a bug that makes a label of something unbounded must not fill memory, here or in Prometheus.</summary>
    public const int DefaultSeriesLimit = 200;

    static readonly double[] DefaultBounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

    readonly MeterListener _listener = new();
    readonly Lock _collecting = new();
    readonly Lock _gate = new(); // of the list; not held while instruments are asked, which may have to wait for others being made
    readonly SortedDictionary<string, MetricFamily> _families = new(StringComparer.Ordinal);
    readonly int _seriesLimit;

    /// <param name="listens">Which meters to listen to.</param>
    public MetricCollector(Predicate<Meter> listens, int seriesLimit = DefaultSeriesLimit)
    {
        _seriesLimit = seriesLimit;
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (listens(instrument.Meter) && FamilyOf(instrument) is { } family)
                listener.EnableMeasurementEvents(instrument, family);
        };
        Listen<byte>();
        Listen<short>();
        Listen<int>();
        Listen<long>();
        Listen<float>();
        Listen<double>();
        Listen<decimal>();
        _listener.Start();
    }

    /// <summary>Listens to all meters of HeadScope.</summary>
    public static MetricCollector OfHeadScope() => new(meter => meter.Name.StartsWith("HeadScope.", StringComparison.Ordinal));

    /// <summary>All metrics that have a value, in order of their names.</summary>
    public IReadOnlyList<FamilySnapshot> Collect()
    {
        lock (_collecting)
        {
            foreach (var family in Families())
                family.ForgetObserved();
            try
            {
                _listener.RecordObservableInstruments();
            }
            catch (AggregateException)
            {
                // An instrument that cannot be observed has no value; the others have.
            }

            return [.. Families().Select(family => family.Snapshot()).Where(family => family.Series.Count > 0)];
        }
    }

    public void Dispose() => _listener.Dispose();

    MetricFamily[] Families()
    {
        lock (_gate)
            return [.. _families.Values];
    }

    /// <summary>The metric that an instrument adds to; null where its name is taken by a metric of another type.</summary>
    MetricFamily? FamilyOf(Instrument instrument)
    {
        var kind = instrument.GetType().GetGenericTypeDefinition();
        var type = kind == typeof(Histogram<>) ? MetricType.Histogram
            : kind == typeof(Counter<>) || kind == typeof(ObservableCounter<>) ? MetricType.Counter
            : MetricType.Gauge;
        var name = PrometheusName.Family(instrument.Name, instrument.Unit, type == MetricType.Counter);
        lock (_gate)
        {
            if (_families.TryGetValue(name, out var family))
                return family.Type == type ? family : null;
            family = new MetricFamily(name, type, PrometheusName.Unit(instrument.Unit), instrument.Description ?? "", type == MetricType.Histogram ? Bounds(instrument) : [], _seriesLimit);
            _families.Add(name, family);
            return family;
        }
    }

    static double[] Bounds(Instrument instrument)
    {
        var advised = instrument switch
        {
            Histogram<double> { Advice.HistogramBucketBoundaries: { } bounds } => bounds,
            Histogram<float> { Advice.HistogramBucketBoundaries: { } bounds } => bounds.Select(bound => (double)bound),
            Histogram<long> { Advice.HistogramBucketBoundaries: { } bounds } => bounds.Select(bound => (double)bound),
            Histogram<int> { Advice.HistogramBucketBoundaries: { } bounds } => bounds.Select(bound => (double)bound),
            _ => DefaultBounds,
        };
        return [.. advised.Where(double.IsFinite)];
    }

    void Listen<T>()
        where T : struct, INumber<T>
    {
        _listener.SetMeasurementEventCallback<T>(static (instrument, value, tags, state) =>
        {
            var family = (MetricFamily)state!;
            var labels = LabelText.Of(tags, family.Type);
            var number = double.CreateSaturating(value);
            if (family.Type == MetricType.Histogram)
                family.Record(labels, number);
            else if (instrument.IsObservable)
                family.Observe(labels, number);
            else if (instrument is Gauge<T>)
                family.Set(labels, number);
            else
                family.Add(labels, number);
        });
    }
}
