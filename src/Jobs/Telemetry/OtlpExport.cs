using HeadScope.Jobs.Reduction;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace HeadScope.Jobs.Telemetry;

/// <summary>
/// Sends metrics and traces to a collector by OTLP, where OpenTelemetry's environment variables ask for it. All of its standard
/// variables are honoured: endpoints, headers, protocol, intervals, sampling, service name and resource attributes.
/// </summary>
public sealed class OtlpExport : IDisposable
{
    const string Service = "headscope";

    readonly OpenTelemetrySdk _sdk;

    /// <summary>The product's meters, and that of the cluster it may work in.</summary>
    public static string[] Meters => [JobInstruments.MeterName, WorkerInstruments.MeterName, StoreInstruments.MeterName, "Microsoft.Orleans"];

    static string[] Sources => [JobSpans.SourceName, "Microsoft.Orleans.Application", "Microsoft.Orleans.Runtime", "Microsoft.Orleans.Lifecycle"];

    OtlpExport(bool metrics, bool traces) => _sdk = OpenTelemetrySdk.Create(builder =>
    {
        builder.ConfigureResource(resource => resource.Clear().AddService(Service, serviceVersion: JobReducer.Version).AddTelemetrySdk().AddEnvironmentVariableDetector());
        if (metrics)
            builder.WithMetrics(meters => meters.AddMeter(Meters));
        if (traces)
            builder.WithTracing(sources => sources.AddSource(Sources));
        builder.UseOtlpExporter(); // this one, of several ways, minds the variables of single signals
    });

    /// <summary>Starts what the environment asks for; null where it asks for nothing.</summary>
    /// <remarks>
    /// A signal is sent where its exporters name <c>otlp</c> or, none being named, where its endpoint or that of all signals is set;
    /// not where <c>OTEL_SDK_DISABLED</c> is true. The library alone would send to localhost unasked.
    /// </remarks>
    public static OtlpExport? FromEnvironment()
    {
        if (string.Equals(Variable("OTEL_SDK_DISABLED"), "true", StringComparison.OrdinalIgnoreCase))
            return null;
        var (metrics, traces) = (Asks("METRICS"), Asks("TRACES"));
        return metrics || traces ? new OtlpExport(metrics, traces) : null;
    }

    /// <summary>Sends what has not been sent, for five seconds at the most for each signal.</summary>
    public void Dispose() => _sdk.Dispose();

    static bool Asks(string signal) => Variable($"OTEL_{signal}_EXPORTER") is { } exporters
        ? exporters.Split(',', StringSplitOptions.TrimEntries).Contains("otlp")
        : (Variable($"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT") ?? Variable("OTEL_EXPORTER_OTLP_ENDPOINT")) is not null;

    static string? Variable(string name) => Environment.GetEnvironmentVariable(name)?.Trim() is { Length: > 0 } value ? value : null;
}
