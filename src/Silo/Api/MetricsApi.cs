using HeadScope.Silo.Security;
using OpenTelemetry.Metrics;

namespace HeadScope.Silo.Api;

/// <summary>GET /metrics, for Prometheus.</summary>
internal static class MetricsApi
{
    /// <param name="isOpen">Whether it answers without a key. Otherwise readers may ask.</param>
    public static void MapMetrics(this WebApplication app, bool isOpen)
    {
        var exporter = ((IEndpointRouteBuilder)app).CreateApplicationBuilder()
            .UseOpenTelemetryPrometheusScrapingEndpoint(app.Services.GetRequiredService<MeterProvider>(), _ => true, null, null, null).Build();
        Delegate show = Task (HttpContext context) => exporter(context);
        var route = app.MapGet("/metrics", show)
            .DisableRateLimiting().WithTags("operations").Produces<string>(contentType: "text/plain").WithSummary("Prometheus metrics");
        if (isOpen)
            route.AllowAnonymous();
        else
            route.RequireAuthorization(nameof(Role.Reader));
    }
}
