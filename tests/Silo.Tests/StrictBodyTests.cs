using System.Net;
using System.Text;
using System.Text.Json;

namespace HeadScope.Silo.Tests;

/// <summary>Bodies that could be read in two ways are refused.</summary>
public sealed class StrictBodyTests
{
    [Fact]
    public async Task Body_AFieldComesTwice_IsRefusedByItsName()
    {
        await using var silo = await RunningSilo.StartAsync(configure: options => options with { Engine = null });
        using var client = silo.As(Security.Role.Admin);
        var (status, said) = await SendAsync(HttpMethod.Post, "/v1/jobs", """{"model": "model", "tokens": "inputs.safetensors", "rows": 2, "\u0072ows": 3}""");
        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Contains("it names 'rows' twice in one object", JsonDocument.Parse(said).RootElement.GetProperty("detail").GetString(), StringComparison.Ordinal);

        var id = (await silo.SubmitAsync(new { model = "model", tokens = "inputs.safetensors", rows = 2, skip_heads = true })).GetProperty("id").GetString();
        (status, _) = await SendAsync(HttpMethod.Patch, $"/v1/jobs/{id}", """{"paused": true, "paused": false}""");
        Assert.Equal(HttpStatusCode.BadRequest, status);
        (status, _) = await SendAsync(HttpMethod.Patch, $"/v1/jobs/{id}", """{"paused": true}""");
        Assert.Equal(HttpStatusCode.OK, status);

        async Task<(HttpStatusCode Status, string Said)> SendAsync(HttpMethod method, string path, string json)
        {
            using var request = new HttpRequestMessage(method, path) { Content = new StringContent(json, Encoding.UTF8, "application/json") };
            using var response = await client.SendAsync(request);
            return (response.StatusCode, await response.Content.ReadAsStringAsync());
        }
    }
}
