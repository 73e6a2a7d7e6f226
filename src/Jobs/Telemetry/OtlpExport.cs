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

    readonly MeterProvider? _metrics;
    readonly TracerProvider? _traces;

    OtlpExport(bool metrics, bool traces)
    {
        if (metrics)
        {
            _metrics = Sdk.CreateMeterProviderBuilder()
                .SetResourceBuilder(Resource())
                .AddMeter(JobInstruments.MeterName, WorkerInstruments.MeterName, StoreInstruments.MeterName)
                .AddOtlpExporter()
                .Build();
        }

        if (traces)
            _traces = Sdk.CreateTracerProviderBuilder().SetResourceBuilder(Resource()).AddSource(JobSpans.SourceName).AddOtlpExporter().Build();
    }

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
    public void Dispose()
    {
        _traces?.Dispose();
        _metrics?.Dispose();
    }

    static bool Asks(string signal) => Variable($"OTEL_{signal}_EXPORTER") is { } exporters
        ? exporters.Split(',', StringSplitOptions.TrimEntries).Contains("otlp")
        : (Variable($"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT") ?? Variable("OTEL_EXPORTER_OTLP_ENDPOINT")) is not null;

    static string? Variable(string name) => Environment.GetEnvironmentVariable(name)?.Trim() is { Length: > 0 } value ? value : null;

    static ResourceBuilder Resource() => ResourceBuilder.CreateEmpty()
        .AddService(Service, serviceVersion: JobReducer.Version)
        .AddTelemetrySdk()
        .AddEnvironmentVariableDetector();
}
