using HeadScope.Jobs.Telemetry.Prometheus;
using HeadScope.Silo.Security;
using Microsoft.Net.Http.Headers;

namespace HeadScope.Silo.Api;

/// <summary>GET /metrics, for Prometheus.</summary>
internal static class MetricsApi
{
    /// <param name="isOpen">Whether it answers without a key. Otherwise readers may ask.</param>
    /// <param name="show">Answers; null for this program's own exporter.</param>
    public static void MapMetrics(this IEndpointRouteBuilder routes, bool isOpen, Delegate? show = null)
    {
        show ??= Show;
        var route = routes.MapGet("/metrics", show).DisableRateLimiting().WithTags("operations").Produces<string>(contentType: "text/plain").WithSummary("Prometheus metrics");
        if (isOpen)
            route.AllowAnonymous();
        else
            route.RequireAuthorization(nameof(Role.Reader));
    }

    static IResult Show(HttpRequest request, HttpResponse response, MetricCollector collector)
    {
        var format = PrometheusFormat.For(request.Headers.Accept);
        response.Headers.Vary = HeaderNames.Accept;
        return Results.Bytes(PrometheusText.Write(collector.Collect(), format), format.ContentType);
    }
}
