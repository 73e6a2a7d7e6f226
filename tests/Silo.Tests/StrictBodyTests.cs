using System.Net;
using System.Net.Sockets;
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
        Assert.Contains(
            "it names 'rows' twice in one object", JsonDocument.Parse(said).RootElement.GetProperty("detail").GetString(),
            StringComparison.Ordinal);

        var id = (await silo.SubmitAsync(new { model = "model", tokens = "inputs.safetensors", rows = 2, skip_heads = true }))
            .GetProperty("id").GetString();
        (status, _) = await SendAsync(HttpMethod.Patch, $"/v1/jobs/{id}", """{"paused": true, "paused": false}""");
        Assert.Equal(HttpStatusCode.BadRequest, status);
        (status, _) = await SendAsync(HttpMethod.Patch, $"/v1/jobs/{id}", """{"paused": true}""");
        Assert.Equal(HttpStatusCode.OK, status);

        async Task<(HttpStatusCode Status, string Said)> SendAsync(HttpMethod method, string path, string json)
        {
            using var request = new HttpRequestMessage(method, path)
            {
                Content = new StringContent(
                json, Encoding.UTF8, "application/json")
            };
            using var response = await client.SendAsync(request);
            return (response.StatusCode, await response.Content.ReadAsStringAsync());
        }
    }

    /// <summary>The length of a chunk is what no number holds. It is the caller's fault, not the store's.</summary>
    [Fact]
    public async Task Body_ChunksHaveNoLength_IsRefused()
    {
        await using var silo = await RunningSilo.StartAsync(configure: options => options with { Engine = null });
        using var client = new TcpClient();
        await client.ConnectAsync(silo.Address.Host, silo.Address.Port);
        await using var stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(
            $"POST /v1/jobs HTTP/1.1\r\nHost: {silo.Address.Authority}\r\nAuthorization: Bearer " +
            $"{silo.Secrets[Security.Role.Submitter]}\r\n" +
            "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nffffffffff\r\n{"));
        using var reader = new StreamReader(stream);
        Assert.StartsWith("HTTP/1.1 400 ", await reader.ReadLineAsync(), StringComparison.Ordinal);
    }
}
