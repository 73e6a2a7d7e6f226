using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using HeadScope.Silo.Security;
using HeadScope.Tests.Support;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace HeadScope.Silo.Tests;

public class SecurityTests
{
    const string SomeId = "0123456789abcdef";

    /// <summary>Every route that needs a key, and the least role that may use it.</summary>
    public static TheoryData<string, string, string> Routes => new()
    {
        { "GET", "/metrics", nameof(Role.Reader) },
        { "GET", "/v1/jobs", nameof(Role.Reader) },
        { "GET", $"/v1/jobs/{SomeId}", nameof(Role.Reader) },
        { "GET", $"/v1/jobs/{SomeId}/events", nameof(Role.Reader) },
        { "GET", $"/v1/jobs/{SomeId}/preview", nameof(Role.Reader) },
        { "GET", $"/v1/jobs/{SomeId}/results/head_df.csv", nameof(Role.Reader) },
        { "POST", "/v1/jobs", nameof(Role.Submitter) },
        { "PATCH", $"/v1/jobs/{SomeId}", nameof(Role.Submitter) },
        { "DELETE", $"/v1/jobs/{SomeId}", nameof(Role.Submitter) },
    };

    [Theory]
    [MemberData(nameof(Routes))]
    public async Task Route_WithoutAWrongAReadersAndTheRightKey_AnswersAccordingly(string method, string path, string least)
    {
        await using var silo = await RunningSilo.StartAsync(configure: options => options with { Engine = null });
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(null));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync("hs_wrong"));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(silo.Secrets[Role.Admin] + "x"));
        foreach (var role in Enum.GetValues<Role>())
        {
            var status = await StatusAsync(silo.Secrets[role]);
            if (role < Enum.Parse<Role>(least))
                Assert.Equal(HttpStatusCode.Forbidden, status);
            else
                Assert.True(status is not (HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden), $"{role}: {status}");
        }

        async Task<HttpStatusCode> StatusAsync(string? key)
        {
            using var request = new HttpRequestMessage(new HttpMethod(method), path);
            if (key is not null)
                request.Headers.Add("X-Api-Key", key);
            if (method is "POST" or "PATCH")
                request.Content = JsonContent.Create(new { });
            using var response = await silo.Anonymous.SendAsync(request);
            return response.StatusCode;
        }
    }

    [Fact]
    public async Task OpenApi_Document_NamesEveryRouteAndNeedsNoKey()
    {
        await using var silo = await RunningSilo.StartAsync(configure: options => options with { Engine = null });
        var document = await silo.Anonymous.GetFromJsonAsync<JsonElement>("/openapi/v1.json");
        foreach (var route in Routes)
        {
            var path = ((string)route[1]).Replace(SomeId, "{id}", StringComparison.Ordinal)
                .Replace("head_df.csv", "{file}", StringComparison.Ordinal);
            var operation = document.GetProperty("paths").GetProperty(path).GetProperty(((string)route[0]).ToLowerInvariant());
            Assert.Equal((string)route[2], operation.GetProperty("security")[0].GetProperty("key")[0].GetString());
        }

        Assert.DoesNotContain(silo.Secrets[Role.Admin], document.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(silo.StoreFolder, document.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("../../src")]
    [InlineData("/etc")]
    [InlineData("model/../../../..")]
    [InlineData("")]
    [InlineData("model\u0000")]
    public async Task Submit_ModelOutsideTheRoots_IsRefusedWithoutSayingWhatIsThere(string model)
    {
        await using var silo = await RunningSilo.StartAsync(configure: options => options with { Engine = null });
        using var client = silo.As(Role.Submitter);
        using var response = await client.PostAsJsonAsync("/v1/jobs", new { model, tokens = "inputs.safetensors" });
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.DoesNotContain("config.json", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("../../../etc/passwd")]
    [InlineData("..%2f..%2fspec.json")]
    [InlineData("%2e%2e/spec.json")]
    [InlineData("spec.json")]
    [InlineData("head_df.csv%00")]
    public async Task Result_NameThatIsNone_IsNotFound(string file)
    {
        await using var silo = await RunningSilo.StartAsync();
        var id = (await silo.SubmitAsync(new { model = "model", tokens = "inputs.safetensors", rows = 2, skip_heads = true }))
            .GetProperty("id").GetString()!;
        await silo.UntilAsync(id, "done");
        using var client = silo.As(Role.Reader);
        using var response = await client.GetAsync($"/v1/jobs/{id}/results/{file}");
        Assert.True(response.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.BadRequest, response.StatusCode.ToString());
    }

    [Theory]
    [InlineData("..")]
    [InlineData("0123456789ABCDEF")]
    [InlineData("0123456789abcde")]
    [InlineData("..%2f..%2fetc%2f")]
    public async Task Job_IdThatIsNone_IsNotFound(string id)
    {
        await using var silo = await RunningSilo.StartAsync(configure: options => options with { Engine = null });
        using var client = silo.As(Role.Reader);
        using var response = await client.GetAsync($"/v1/jobs/{id}/preview");
        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
    }

    [Fact]
    public async Task Submit_SpecWithFaultsOfEveryKind_ListsThemAll()
    {
        await using var silo = await RunningSilo.StartAsync(configure: options => options with { Engine = null });
        using var client = silo.As(Role.Submitter);
        var body = Enumerable.Range(0, 96).ToDictionary(i => $"field{i}", i => (object)i);
        body["rows"] = -1;
        body["quantile"] = "much";
        body["precision"] = "float16";
        body["model"] = "nowhere";
        body["tokens"] = "inputs.safetensors";
        using var response = await client.PostAsJsonAsync("/v1/jobs", body);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        // The unknown fields are one.
        Assert.Equal(5, (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("faults").GetArrayLength());
    }

    [Theory]
    [InlineData("{", "application/json", HttpStatusCode.BadRequest)]
    [InlineData("[]", "application/json", HttpStatusCode.BadRequest)]
    [InlineData("null", "application/json", HttpStatusCode.BadRequest)]
    [InlineData("{}", "application/json", HttpStatusCode.BadRequest)]
    [InlineData("{\"model\":\"model\",\"tokens\":\"inputs.safetensors\"}", "text/plain", HttpStatusCode.UnsupportedMediaType)]
    public async Task Submit_BodyThatIsNone_IsExplained(string body, string type, HttpStatusCode expected)
    {
        await using var silo = await RunningSilo.StartAsync(configure: options => options with { Engine = null });
        using var client = silo.As(Role.Submitter);
        using var response = await client.PostAsync("/v1/jobs", new StringContent(body, Encoding.UTF8, type));
        Assert.Equal(expected, response.StatusCode);
        var problem = await response.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal((int)expected, problem.GetProperty("status").GetInt32());
        if (expected == HttpStatusCode.BadRequest)
            Assert.NotEqual("", problem.GetProperty("detail").GetString());
    }

    [Fact]
    public async Task Submit_NestedDeeply_IsRefused()
    {
        await using var silo = await RunningSilo.StartAsync(configure: options => options with { Engine = null });
        using var client = silo.As(Role.Submitter);
        var body = $"{{\"quantiles\":{new string('[', 100_000)}{new string(']', 100_000)}}}";
        using var response = await client.PostAsync("/v1/jobs", new StringContent(body, Encoding.UTF8, "application/json"));
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
    }

    [Fact]
    public async Task Submit_OversizeBody_IsRefused()
    {
        await using var silo = await RunningSilo.StartAsync(configure: options => options with { Engine = null, MaxBodyBytes = 1000 });
        using var client = silo.As(Role.Submitter);
        using var response = await client.PostAsync(
            "/v1/jobs", new StringContent($"{{\"model\":\"{new string('x', 2000)}\"}}", Encoding.UTF8, "application/json"));
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
    }

    [Fact]
    public async Task Submit_SlowBody_IsCutOffAndOthersAreAnswered()
    {
        await using var silo = await RunningSilo.StartAsync(configure: options => options with { Engine = null });
        using var slow = new TcpClient();
        await slow.ConnectAsync(IPAddress.Loopback, silo.Address.Port);
        var stream = slow.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(
            $"POST /v1/jobs HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {silo.Secrets[Role.Submitter]}\r\nContent-Type: " +
            $"application/json\r\nContent-Length: 1000\r\n\r\n{{"));
        using var client = silo.As(Role.Reader);
        using var meanwhile = await client.GetAsync("/v1/jobs");
        Assert.Equal(HttpStatusCode.OK, meanwhile.StatusCode);

        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        var answer = new byte[4096];
        var read = await stream.ReadAsync(answer, limit.Token);
        Assert.Contains(" 408 ", Encoding.ASCII.GetString(answer, 0, read), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Requests_TooMany_AreToldWhenToComeBack()
    {
        await using var silo = await RunningSilo.StartAsync(configure: options => options with { Engine = null, RequestsPerMinute = 5 });
        using var client = silo.As(Role.Reader);
        HttpResponseMessage response;
        var asked = 0;
        do
        {
            response = await client.GetAsync("/v1/jobs");
        }
        while (++asked < 20 && response.StatusCode == HttpStatusCode.OK);
        Assert.Equal(HttpStatusCode.TooManyRequests, response.StatusCode);
        Assert.NotNull(response.Headers.RetryAfter);
        using var other = silo.As(Role.Admin);
        using var welcome = await other.GetAsync("/v1/jobs");
        Assert.Equal(HttpStatusCode.OK, welcome.StatusCode);
    }

    [Theory]
    [InlineData("http://0.0.0.0:0")]
    [InlineData("http://*:0")]
    [InlineData("http://[::]:0")]
    [InlineData("http://127.0.0.1:0;http://192.0.2.1:80")]
    [InlineData("http://example.org:80")]
    public async Task Start_WithoutKeysBeyondLoopback_IsRefused(string listen)
    {
        var refused = await Assert.ThrowsAsync<InvalidDataException>(
            () => RunningSilo.StartAsync(keys: false, configure: options => options with { Listen = listen, Engine = null }));
        Assert.Contains("--keys", refused.Message, StringComparison.Ordinal);
    }

    /// <summary>What Kestrel would read otherwise than it looks, or not at all.</summary>
    [Theory]
    [InlineData("http://x@127.0.0.1:0")]
    [InlineData("http://127.0.0.1:0/path")]
    [InlineData("http://127.0.0.1:99999")]
    [InlineData("ftp://127.0.0.1:0")]
    [InlineData("127.0.0.1:8470")]
    public async Task Start_AddressThatIsNone_IsRefused(string listen)
    {
        foreach (var keys in new[] { false, true })
        {
            var refused = await Assert.ThrowsAsync<InvalidDataException>(
                () => RunningSilo.StartAsync(keys, options => options with { Listen = listen, Engine = null }));
            Assert.Contains($"--listen {listen}", refused.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("127.0.0.1", true)]
    [InlineData("127.8.9.10", true)]
    [InlineData("::1", true)]
    [InlineData("::ffff:127.0.0.1", true)]
    [InlineData("::ffff:192.0.2.1", false)]
    [InlineData("192.0.2.1", false)]
    [InlineData("2001:db8::1", false)]
    [InlineData(null, false)]
    public async Task Request_WithoutKeys_IsAnsweredByTheCallersAddress(string? address, bool expected)
    {
        var services = new ServiceCollection().AddLogging().BuildServiceProvider();
        var context = new DefaultHttpContext
        {
            RequestServices = services,
            Request = { Scheme = "http", Host = new HostString("127.0.0.1", 8470) },
        };
        context.Connection.RemoteIpAddress = address is null ? null : IPAddress.Parse(address);
        var isAnswered = false;
        await Loopback.OnlyAsync(context, _ =>
        {
            isAnswered = true;
            return Task.CompletedTask;
        });
        Assert.Equal(expected, isAnswered);
        Assert.Equal(expected ? StatusCodes.Status200OK : StatusCodes.Status403Forbidden, context.Response.StatusCode);
    }

    [Theory]
    [InlineData("Host", "evil.example")]
    [InlineData("Origin", "http://evil.example")]
    public async Task Request_WithoutKeysFromAnotherSite_IsRefused(string header, string value)
    {
        await using var silo = await RunningSilo.StartAsync(keys: false, configure: options => options with { Engine = null });
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/jobs");
        request.Headers.TryAddWithoutValidation(header, value);
        using var response = await silo.Anonymous.SendAsync(request);
        Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
    }

    [Fact]
    public async Task Key_Removed_StopsWorkingWithoutARestart()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("keys.json");
        var file = new ApiKeyFile(path, TimeProvider.System);
        var secret = file.Add("someone", Role.Reader);
        await using var silo = await RunningSilo.StartAsync(keys: false, configure: options => options with { Keys = path, Engine = null });
        silo.Anonymous.DefaultRequestHeaders.Add("X-Api-Key", secret);
        using var before = await silo.Anonymous.GetAsync("/v1/jobs");
        Assert.Equal(HttpStatusCode.OK, before.StatusCode);
        file.Add("other", Role.Reader);
        file.Remove("someone");
        await Task.Delay(TimeSpan.FromSeconds(1.5));
        using var after = await silo.Anonymous.GetAsync("/v1/jobs");
        Assert.Equal(HttpStatusCode.Unauthorized, after.StatusCode);
        Assert.DoesNotContain(secret, await File.ReadAllTextAsync(path), StringComparison.Ordinal);
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
    }

    [Fact]
    public async Task Health_Stopping_IsNotReady()
    {
        await using var silo = await RunningSilo.StartAsync(configure: options => options with { Engine = null });
        Assert.Equal("alive", await silo.Anonymous.GetStringAsync("/health/live"));
        Assert.Equal("ready", await silo.Anonymous.GetStringAsync("/health/ready"));
    }
}
