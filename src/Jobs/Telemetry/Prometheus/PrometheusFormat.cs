using System.Globalization;

namespace HeadScope.Jobs.Telemetry.Prometheus;

/// <summary>The text formats that Prometheus reads, and which of them a scraper wants.</summary>
public sealed record PrometheusFormat
{
    const string OpenMetricsType = "application/openmetrics-text";

    PrometheusFormat(string contentType, bool isOpenMetrics) => (ContentType, IsOpenMetrics) = (contentType, isOpenMetrics);

    /// <summary>Version 0.0.4 of Prometheus's own text format: what everything reads.</summary>
    public static PrometheusFormat Text { get; } = new("text/plain; version=0.0.4; charset=utf-8", isOpenMetrics: false);

    /// <summary>OpenMetrics 1.0.0.</summary>
    public static PrometheusFormat OpenMetrics { get; } = new($"{OpenMetricsType}; version=1.0.0; charset=utf-8", isOpenMetrics: true);

    /// <summary>OpenMetrics as it was before 1.0.0, the same for what is written here.</summary>
    public static PrometheusFormat OpenMetricsDraft { get; } = new($"{OpenMetricsType}; version=0.0.1; charset=utf-8", isOpenMetrics: true);

    public string ContentType { get; }

    public bool IsOpenMetrics { get; }

    /// <summary>The format with the highest weight in an <c>Accept</c> header; of equals the first; text where nothing is known.</summary>
    public static PrometheusFormat For(string? accept)
    {
        var best = Text;
        var bestWeight = 0.0;
        foreach (var range in (accept ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var parts = range.Split(';', StringSplitOptions.TrimEntries);
            string? Parameter(string name) => parts.Skip(1).Select(part => part.Split('=', 2, StringSplitOptions.TrimEntries))
                .FirstOrDefault(pair => pair.Length == 2 && pair[0].Equals(name, StringComparison.OrdinalIgnoreCase))?[1].Trim('"');
            var weight = Parameter("q") is not { } q ? 1 : double.TryParse(q, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) ? number : 0;
            if (weight > bestWeight && Known(parts[0].ToLowerInvariant(), Parameter("version")) is { } format)
                (best, bestWeight) = (format, weight);
        }

        return best;
    }

    static PrometheusFormat? Known(string mediaType, string? version) => (mediaType, version) switch
    {
        (OpenMetricsType, null or "1.0.0") => OpenMetrics,
        (OpenMetricsType, "0.0.1") => OpenMetricsDraft,
        ("text/plain", null or "0.0.4") or ("text/*" or "*/*", _) => Text,
        _ => null,
    };
}
