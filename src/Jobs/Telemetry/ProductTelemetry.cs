using System.Diagnostics.Metrics;
using HeadScope.Jobs.Observation;
using HeadScope.Jobs.Store;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace HeadScope.Jobs.Telemetry;

/// <summary>The product's measurements and spans, for the exporters that show or send them.</summary>
public static class ProductTelemetry
{
    /// <summary>
    /// Series of one metric; a bug that makes a label of something unbounded must not fill memory, here or in Prometheus. Further
    /// ones are counted together, in a series with the label <c>otel_metric_overflow</c>.
    /// </summary>
    public const int SeriesLimit = 200;

    static readonly string[] Meters = [JobInstruments.MeterName, WorkerInstruments.MeterName, StoreInstruments.MeterName];

    public static MeterProviderBuilder AddHeadScope(this MeterProviderBuilder metrics) => metrics.AddMeter(Meters).AddView(Limit);

    public static TracerProviderBuilder AddHeadScope(this TracerProviderBuilder traces) => traces.AddSource(JobSpans.SourceName);

    static MetricStreamConfiguration? Limit(Instrument instrument) =>
        Meters.Contains(instrument.Meter.Name) ? new MetricStreamConfiguration { CardinalityLimit = SeriesLimit } : null;
}
