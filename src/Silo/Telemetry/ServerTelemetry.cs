using HeadScope.Jobs.Telemetry;
using HeadScope.Silo.Api;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace HeadScope.Silo.Telemetry;

/// <summary>What a server measures and traces beside the product's own: its HTTP API, the .NET runtime and Orleans.</summary>
internal static class ServerTelemetry
{
    public const string OrleansMeter = "Microsoft.Orleans";

    static string[] OrleansSources => ["Microsoft.Orleans.Application", "Microsoft.Orleans.Runtime", "Microsoft.Orleans.Lifecycle"];

    public static MeterProviderBuilder AddServer(this MeterProviderBuilder metrics) =>
        metrics.AddAspNetCoreInstrumentation().AddRuntimeInstrumentation().AddMeter(OrleansMeter);

    public static TracerProviderBuilder AddServer(this TracerProviderBuilder traces) => traces
        .AddAspNetCoreInstrumentation(http => http.Filter = context => !IsProbe(context.Request.Path)).AddSource(OrleansSources);

    /// <summary>Keeps the metrics that <see cref="MetricsApi"/> shows, from the start of the host.</summary>
    public static void AddPrometheus(this WebApplicationBuilder builder)
    {
        // This variable is about what is sent. What is looked at stays; the SDK would show an empty page.
        builder.Configuration.AddInMemoryCollection([new("OTEL_SDK_DISABLED", "false")]);
        builder.Services.AddOpenTelemetry().WithMetrics(metrics => metrics.AddHeadScope().AddServer().AddView(PrometheusViews.Of)
            .AddPrometheusExporter(prometheus =>
            {
                prometheus.ScopeInfoEnabled = false;
                prometheus.TargetInfoEnabled = false;
                prometheus.ScrapeResponseCacheDurationMilliseconds = 0;
            }));
    }

    static bool IsProbe(PathString path) => path == MetricsApi.Path || path.StartsWithSegments("/health");
}
