using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using HeadScope.Data.Tokens;
using HeadScope.Tests.Support;

namespace HeadScope.Client.Tests.Server.Paths;

/// <summary>
/// A server with one folder as its root for models and tokens, and beside it a folder that belongs to someone else: with a model and
/// tokens that would do for a job, and with a secret.
/// </summary>
public sealed partial class RootedServer : IAsyncLifetime
{
    public const string Secret = "the-neighbours-secret";

    /// <summary>A refusal takes no longer.</summary>
    static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(20);

    /// <summary>Waiting for a state takes no longer.</summary>
    static readonly TimeSpan StateLimit = TimeSpan.FromMinutes(1);

    readonly TemporaryFolder _folder = new();
    readonly HttpClient _http = new() { Timeout = AnswerLimit };

    internal ServerProcess Process { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        Fixture.Copy(Inside("model"), "neox-tiny", "model");
        File.Copy(Fixture.PathOf("neox-tiny", "inputs.safetensors"), Inside("inputs.safetensors"));
        Fixture.Copy(Outside("model"), "neox-tiny", "model");
        File.Copy(Inside("inputs.safetensors"), Outside("tokens.safetensors"));
        using (var rows = TokenDataset.Open(TokenLocation.Parse($"{Inside("inputs.safetensors")}:ind_tokens")))
        {
            TokenFile.Write(Outside("induction.safetensors"), [.. Enumerable.Range(0, rows.Rows).Select(row =>
            {
                var tokens = new int[rows.Context];
                rows.Read(row, tokens);
                return tokens;
            })]);
        }

        File.WriteAllText(Outside("secret"), $"{Secret}\n");
        Process = await StartAsync(Inputs);
    }

    public Task DisposeAsync()
    {
        Process.Dispose();
        _http.Dispose();
        _folder.Dispose();
        return Task.CompletedTask;
    }

    /// <summary>Where the server's callers may name files.</summary>
    public string Inputs => _folder.File("inputs");

    public string Inside(string name) => _folder.File($"inputs/{name}");

    /// <summary>A file of the neighbour's, whose folder lies beside the root.</summary>
    public string Outside(string name) => _folder.File($"neighbour/{name}");

    /// <summary>The name of a new folder in the root with the files of a model.</summary>
    public string NewModel()
    {
        var name = $"model-{Guid.NewGuid():N}";
        Fixture.Copy(Inside(name), "neox-tiny", "model");
        return name;
    }

    /// <summary>Puts something else in the place of a file.</summary>
    public static void Replace(string path, Action<string> make)
    {
        File.Delete(path);
        make(path);
    }

    public static void MakeFifo(string path)
    {
        using var mkfifo = System.Diagnostics.Process.Start("mkfifo", [path]);
        mkfifo.WaitForExit();
        Assert.Equal(0, mkfifo.ExitCode);
    }

    /// <summary>Another server, which is the caller's to dispose of.</summary>
    /// <param name="inputs">Its root.</param>
    internal Task<ServerProcess> StartAsync(string inputs, params string[] options) => StartOverAsync("store", inputs, options);

    /// <summary>The same, over a store of this name.</summary>
    internal async Task<ServerProcess> StartOverAsync(string store, string inputs, params string[] options)
    {
        var server = new ServerProcess(["--submissions-per-minute", "1000", "--requests-per-minute", "10000", .. options])
        {
            Inputs = inputs,
            Store = _folder.File(store),
            Environment = { ["HF_HUB_CACHE"] = HubCache, ["HF_HUB_OFFLINE"] = "1" },
        };
        await server.StartAsync();
        return server;
    }

    /// <summary>The servers' own cache of models from the hub.</summary>
    public string HubCache => _folder.File("hub");

    internal async Task<(HttpStatusCode Status, string Body)> SubmitAsync(object job, ServerProcess? server = null)
    {
        using var response = await _http.PostAsJsonAsync($"{(server ?? Process).Address}/v1/jobs", job);
        return (response.StatusCode, await response.Content.ReadAsStringAsync());
    }

    /// <summary>Submits a job that is good, and returns its id.</summary>
    internal async Task<string> AcceptedAsync(object job, ServerProcess? server = null)
    {
        var (status, body) = await SubmitAsync(job, server);
        Assert.True(status is HttpStatusCode.Created or HttpStatusCode.OK, body);
        return JsonDocument.Parse(body).RootElement.GetProperty("id").GetString()!;
    }

    /// <summary>
    /// Submits a job that is refused, and returns the refusal, which tells nothing of the server's folders nor of the neighbour's files.
    /// </summary>
    internal async Task<string> RefusedAsync(object job, ServerProcess? server = null)
    {
        var (status, body) = await SubmitAsync(job, server);
        Assert.True(status == HttpStatusCode.BadRequest, $"{JsonSerializer.Serialize(job)} was answered {(int)status}: {body}");
        var faults = JsonDocument.Parse(body).RootElement.GetProperty("faults").EnumerateArray();
        var said = string.Join('\n', faults.Select(fault => fault.GetString()));
        AssertTellsNothing(said);
        return said;
    }

    internal Task<string> RefusedModelAsync(string model, ServerProcess? server = null) =>
        RefusedAsync(new { model, tokens = "inputs.safetensors" }, server);

    internal Task<string> RefusedTokensAsync(string tokens, ServerProcess? server = null) =>
        RefusedAsync(new { model = "model", tokens }, server);

    internal async Task<JsonElement> UntilAsync(string id, ServerProcess server, params string[] states)
    {
        for (var waited = Stopwatch.StartNew(); ;)
        {
            var job = await _http.GetFromJsonAsync<JsonElement>($"{server.Address}/v1/jobs/{id}");
            if (states.Contains(job.GetProperty("state").GetString()))
                return job;
            Assert.True(waited.Elapsed < StateLimit, $"job {id} is {job}; the server said: {server.Log}");
            await Task.Delay(100);
        }
    }

    internal Task<bool> IsReadyAsync(ServerProcess server) => IsSuccessAsync($"{server.Address}/health/ready");

    public void AssertTellsNothing(string said)
    {
        Assert.DoesNotContain(_folder.File(""), said, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, said, StringComparison.Ordinal);
        Assert.False(AbsolutePath().IsMatch(said), $"This names an absolute path: {said}");
    }

    async Task<bool> IsSuccessAsync(string address)
    {
        using var response = await _http.GetAsync(address);
        return response.IsSuccessStatusCode;
    }

    [GeneratedRegex("/(tmp|home|root|etc|proc|dev|var|work)/")]
    private static partial Regex AbsolutePath();
}
