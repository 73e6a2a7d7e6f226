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

    OtlpExport(Action<MeterProviderBuilder>? metrics, Action<TracerProviderBuilder>? traces) => _sdk = OpenTelemetrySdk.Create(builder =>
    {
        builder.ConfigureResource(resource => resource.Clear()
            .AddService(Service, serviceVersion: ProductVersion.Number).AddTelemetrySdk().AddEnvironmentVariableDetector());
        if (metrics is not null)
            builder.WithMetrics(meters => metrics(meters.AddHeadScope()));
        if (traces is not null)
            builder.WithTracing(sources => traces(sources.AddHeadScope()));
        builder.UseOtlpExporter(); // this one, of several ways, minds the variables of single signals
    });

    /// <summary>Starts what the environment asks for; null where it asks for nothing.</summary>
    /// <param name="moreMetrics">Adds the meters of the program to those of the product.</param>
    /// <param name="moreTraces">Adds the sources of the program to those of the product.</param>
    /// <remarks>
    /// A signal is sent where its exporters name <c>otlp</c> or, none being named, where its endpoint or that of all signals is set;
    /// not where <c>OTEL_SDK_DISABLED</c> is true. The library alone would send to localhost unasked.
    /// </remarks>
    public static OtlpExport? FromEnvironment(
        Action<MeterProviderBuilder>? moreMetrics = null, Action<TracerProviderBuilder>? moreTraces = null)
    {
        if (string.Equals(Variable("OTEL_SDK_DISABLED"), "true", StringComparison.OrdinalIgnoreCase))
            return null;
        var (metrics, traces) = (Asks("METRICS"), Asks("TRACES"));
        return metrics || traces ? new OtlpExport(metrics ? moreMetrics ?? Nothing : null, traces ? moreTraces ?? Nothing : null) : null;
    }

    /// <summary>Sends what has not been sent, for five seconds at the most for each signal.</summary>
    public void Dispose() => _sdk.Dispose();

    static void Nothing<T>(T builder)
    {
    }

    static bool Asks(string signal) => Variable($"OTEL_{signal}_EXPORTER") is { } exporters
        ? exporters.Split(',', StringSplitOptions.TrimEntries).Contains("otlp")
        : (Variable($"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT") ?? Variable("OTEL_EXPORTER_OTLP_ENDPOINT")) is not null;

    static string? Variable(string name) => Environment.GetEnvironmentVariable(name)?.Trim() is { Length: > 0 } value ? value : null;
}
