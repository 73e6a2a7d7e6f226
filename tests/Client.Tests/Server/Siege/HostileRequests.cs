using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using HeadScope.Tests.Support;

namespace HeadScope.Client.Tests.Server.Siege;

/// <summary>Requests that no honest client makes, by seed.</summary>
internal sealed class HostileRequests(string address, HostileFiles files) : IDisposable
{
    const int LongBody = 900_000; // under a server's limit
    const int TooLongBody = 3_000_000;

    static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(60);

    static readonly byte[] Good = """
        {"model": "good", "tokens": "good.safetensors", "rows": 2, "skip_heads": true, "quantile": 0.99, "seed": 1, "shard_rows": 1,
         "scores": ["default"], "priority": 0}
        """u8.ToArray();

    static readonly HttpMethod[] Methods =
    [
        HttpMethod.Get, HttpMethod.Get, HttpMethod.Post, HttpMethod.Put, HttpMethod.Patch, HttpMethod.Head, HttpMethod.Options,
        HttpMethod.Trace,
    ];

    static readonly string[] Paths =
    [
        "/v1/jobs?limit=99999999999", "/v1/jobs?state=none", "/v1/jobs?after=%00", "/v1/jobs/0000000000000000",
        "/v1/jobs/..%2f..%2fetc%2fpasswd", "/v1/jobs/%ff", "/v1/jobs/{id}/results/..%2fspec.json",
        "/v1/jobs/{id}/results/../../spec.json", "/v1/jobs/{id}/results/head_df.csv", "/v1/jobs/{id}/preview", "/v1/jobs/{id}", "/nothing",
        "/orleans", "/metrics?x=%0d%0a", "/v1/jobs//", "/openapi/v1.json",
    ];

    readonly HttpClient _http = new(
        new SocketsHttpHandler { AllowAutoRedirect = false })
    { Timeout = AnswerLimit, BaseAddress = new Uri(address) };

    /// <summary>Makes one.</summary>
    /// <param name="jobs">Ids of jobs that there are.</param>
    /// <returns>What it was answered; null where the connection was ended.</returns>
    public async Task<HttpStatusCode?> SendAsync(Random random, IReadOnlyList<string> jobs)
    {
        try
        {
            return random.Next(10) switch
            {
                < 3 => await PostAsync(JsonMutator.Next([Good], random)),
                < 5 => await PostAsync(Job(ByteChanges.Pick(files.Models, random), "good.safetensors", random)),
                < 7 => await PostAsync(Job("good", ByteChanges.Pick(files.Tokens, random), random)),
                7 => await PostAsync(Oddity(random)),
                8 => await RequestAsync(random, jobs),
                _ => await RawAsync(random),
            };
        }
        catch (Exception e) when (e is HttpRequestException or IOException or SocketException)
        {
            return null; // which a server may do with what is no HTTP
        }
    }

    public void Dispose() => _http.Dispose();

    static byte[] Job(string model, string tokens, Random random) => System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(new
    {
        model,
        tokens,
        rows = random.Next(1, 24),
        skip_heads = random.Next(2) == 0,
        examples = random.Next(20),
        shard_rows = random.Next(1, 8),
    });

    /// <summary>Bodies that are long, deep or no text.</summary>
    static byte[] Oddity(Random random) => random.Next(7) switch
    {
        0 => Encoding.ASCII.GetBytes($"{{{string.Join(',', Enumerable.Range(0, LongBody / 12).Select(Field))}}}"),
        1 => Encoding.ASCII.GetBytes(new string('[', LongBody)),
        2 => Encoding.ASCII.GetBytes($"{{\"model\":\"{new string('x', LongBody)}\"}}"),
        3 => Encoding.ASCII.GetBytes($"{{\"scores\":[{string.Join(',', Enumerable.Repeat("\"all\"", LongBody / 6))}]}}"),
        4 => new byte[TooLongBody],
        5 => [.. Good, .. Good],
        _ => Encoding.ASCII.GetBytes($"{{\"quantiles\":[{string.Join(',', Enumerable.Repeat("1e999", LongBody / 6))}]}}"),
    };

    static string Field(int number) => string.Create(CultureInfo.InvariantCulture, $"\"f{number}\":{number % 10}");

    async Task<HttpStatusCode?> PostAsync(byte[] body)
    {
        using var content = new ByteArrayContent(body);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        using var response = await _http.PostAsync("/v1/jobs", content);
        await response.Content.ReadAsByteArrayAsync();
        return response.StatusCode;
    }

    /// <summary>Another route, with another method and a body that does not belong there.</summary>
    async Task<HttpStatusCode?> RequestAsync(Random random, IReadOnlyList<string> jobs)
    {
        var path = ByteChanges.Pick(Paths, random)
            .Replace("{id}", jobs.Count == 0 ? "0" : ByteChanges.Pick(jobs, random), StringComparison.Ordinal);
        var method = ByteChanges.Pick(Methods, random);
        using var request = new HttpRequestMessage(method, path);
        if (method != HttpMethod.Get && method != HttpMethod.Head && method != HttpMethod.Trace)
            request.Content = new ByteArrayContent(JsonMutator.Next(["""{"paused": true, "priority": 5}"""u8.ToArray()], random));
        using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        return response.StatusCode;
    }

    /// <summary>Bytes that are hardly HTTP, on a connection that is then left.</summary>
    async Task<HttpStatusCode?> RawAsync(Random random)
    {
        var uri = new Uri(address);
        using var client = new TcpClient();
        await client.ConnectAsync(uri.Host, uri.Port);
        var stream = client.GetStream();
        await stream.WriteAsync(random.Next(5) switch
        {
            0 => Encoding.ASCII.GetBytes(
                $"POST /v1/jobs HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000000000\r\n\r\n{{"),
            1 => Encoding.ASCII.GetBytes($"POST /v1/jobs HTTP/1.1\r\nHost: {uri.Authority}\r\nTransfer-Encoding: " +
                $"chunked\r\nContent-Type: application/json\r\n\r\nffffffffff\r\n{{"),
            2 => Encoding.ASCII.GetBytes($"GET / HTTP/1.1\r\nHost: {uri.Authority}\r\nX: {new string('y', 100_000)}\r\n\r\n"),
            3 => Encoding.ASCII.GetBytes("GET /v1/jobs HTTP/1.1\r\n"),
            _ => JsonMutator.Next(
                [Encoding.ASCII.GetBytes($"POST /v1/jobs HTTP/1.1\r\nHost: {uri.Authority}\r\nContent-Length: 2\r\n\r\n{{}}")], random),
        });
        return null;
    }
}
