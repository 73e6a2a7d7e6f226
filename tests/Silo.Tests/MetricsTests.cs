using System.Net;
using HeadScope.Silo.Security;

namespace HeadScope.Silo.Tests;

public class MetricsTests
{
    /// <summary>The exporter answers every method alike.</summary>
    [Theory]
    [InlineData("GET", HttpStatusCode.OK)]
    [InlineData("POST", HttpStatusCode.MethodNotAllowed)]
    [InlineData("DELETE", HttpStatusCode.MethodNotAllowed)]
    public async Task Metrics_Method_IsAnsweredOrRefused(string method, HttpStatusCode expected)
    {
        await using var silo = await RunningSilo.StartAsync(configure: options => options with { Engine = null });
        using var reader = silo.As(Role.Reader);
        using var response = await reader.SendAsync(new HttpRequestMessage(new HttpMethod(method), "/metrics"));
        Assert.Equal(expected, response.StatusCode);
    }
}
