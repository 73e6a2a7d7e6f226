using HeadScope.Silo.Security;

namespace HeadScope.Silo.Api;

/// <summary>GET /metrics, for Prometheus.</summary>
internal static class MetricsApi
{
    public const string Path = "/metrics";

    /// <param name="isOpen">Whether it answers without a key. Otherwise readers may ask.</param>
    public static void MapMetrics(this WebApplication app, bool isOpen)
    {
        // The exporter's own route takes every method and is not described.
        var scrape = new ApplicationBuilder(app.Services).UseOpenTelemetryPrometheusScrapingEndpoint(_ => true).Build();
        Delegate show = Task (HttpContext context) => scrape(context);
        var route = app.MapGet(Path, show)
            .DisableRateLimiting().DisableHttpMetrics().WithTags("operations").Produces<string>(contentType: "text/plain").WithSummary("Prometheus metrics");
        if (isOpen)
            route.AllowAnonymous();
        else
            route.RequireAuthorization(nameof(Role.Reader));
    }
}
