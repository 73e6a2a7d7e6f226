using HeadScope.Jobs.Telemetry;
using OpenTelemetry;
using OpenTelemetry.Metrics;

namespace HeadScope.Jobs.Tests.Observation;

/// <summary>What the product has measured since this was made, as an exporter is given it.</summary>
internal sealed class Measured : IDisposable
{
    readonly Dictionary<string, double> _values = [];
    readonly MeterProvider _provider;

    public Measured() =>
        _provider = Sdk.CreateMeterProviderBuilder().AddHeadScope().AddReader(new BaseExportingMetricReader(new Exporter(_values))).Build();

    /// <summary>By instrument and tags, <c>headscope.shards{state=done}</c>; of a histogram, how many values it has.</summary>
    public IReadOnlyDictionary<string, double> Collect()
    {
        _values.Clear();
        Assert.True(_provider.ForceFlush());
        return new Dictionary<string, double>(_values);
    }

    public void Dispose() => _provider.Dispose();

    sealed class Exporter(Dictionary<string, double> values) : BaseExporter<Metric>
    {
        public override ExportResult Export(in Batch<Metric> batch)
        {
            foreach (var metric in batch)
            {
                foreach (ref readonly var point in metric.GetMetricPoints())
                {
                    var tags = new List<string>();
                    foreach (var (tag, value) in point.Tags)
                        tags.Add($"{tag}={value}");
                    var labels = tags.Count == 0 ? "" : $"{{{string.Join(',', tags)}}}";
                    values.Add(metric.Name + labels, ValueOf(metric.MetricType, point));
                }
            }

            return ExportResult.Success;
        }

        static double ValueOf(MetricType type, in MetricPoint point) => type switch
        {
            MetricType.LongSum or MetricType.LongSumNonMonotonic => point.GetSumLong(),
            MetricType.LongGauge => point.GetGaugeLastValueLong(),
            MetricType.DoubleGauge => point.GetGaugeLastValueDouble(),
            MetricType.Histogram => point.GetHistogramCount(),
            _ => throw new ArgumentOutOfRangeException(nameof(type), type, "No instrument of the product is of this type."),
        };
    }
}
