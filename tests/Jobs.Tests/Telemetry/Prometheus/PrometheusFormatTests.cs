using HeadScope.Jobs.Telemetry.Prometheus;

namespace HeadScope.Jobs.Tests.Telemetry.Prometheus;

public class PrometheusFormatTests
{
    [Theory]
    [InlineData(null, "text/plain; version=0.0.4")]
    [InlineData("", "text/plain; version=0.0.4")]
    [InlineData("*/*", "text/plain; version=0.0.4")] // curl
    [InlineData("text/html,application/xhtml+xml,*/*;q=0.8", "text/plain; version=0.0.4")] // a browser
    [InlineData("application/openmetrics-text", "application/openmetrics-text; version=1.0.0")]
    [InlineData("application/openmetrics-text;version=0.0.1", "application/openmetrics-text; version=0.0.1")]
    [InlineData("application/openmetrics-text; version=9.9.9, text/plain;q=0.1", "text/plain; version=0.0.4")]
    [InlineData("application/openmetrics-text;q=0.4, text/plain;version=0.0.4;q=0.5", "text/plain; version=0.0.4")]
    [InlineData("application/openmetrics-text;q=0, */*;q=0.1", "text/plain; version=0.0.4")]
    [InlineData("application/json", "text/plain; version=0.0.4")]
    [InlineData(";;,=,q=", "text/plain; version=0.0.4")]

    // Prometheus 2 and 3.
    [InlineData("application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1", "application/openmetrics-text; version=1.0.0")]
    [InlineData("application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1", "application/openmetrics-text; version=1.0.0")]
    public void For_AcceptHeader_IsWhatTheScraperLikesBest(string? accept, string expected) =>
        Assert.Equal($"{expected}; charset=utf-8", PrometheusFormat.For(accept).ContentType);
}
