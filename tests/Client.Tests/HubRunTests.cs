using System.Text;
using System.Text.Json.Nodes;
using HeadScope.Tests.Support;

namespace HeadScope.Client.Tests;

/// <summary>Models by their id on a hub, as a person types it.</summary>
public sealed class HubRunTests : IAsyncLifetime
{
    const string Id = "org/neox-tiny";
    const string Token = "hf_a_token_that_nobody_else_may_see";

    static readonly string Model = Fixture.PathOf("neox-tiny", "model");
    static readonly string Tokens = Fixture.PathOf("neox-tiny", "inputs.safetensors");

    readonly TemporaryFolder _folder = new();
    HubServer _hub = null!;
    HubContent _content = null!;

    public async Task InitializeAsync()
    {
        _hub = await HubServer.StartAsync();
        _content = _hub.AddFolder(Id, Model);
    }

    public async Task DisposeAsync()
    {
        await _hub.DisposeAsync();
        _folder.Dispose();
    }

    string[] Run(string model, string output, params string[] more) =>
        ["run", "--model", model, "--tokens", Tokens, "--out", _folder.File(output), "--induction-tokens", $"{Tokens}:ind_tokens", .. more];

    Dictionary<string, string> Environment(string home = "home", bool offline = false, string token = "") => new()
    {
        ["HF_ENDPOINT"] = _hub.Endpoint,
        ["HF_HOME"] = _folder.File(home),
        ["HF_HUB_OFFLINE"] = offline ? "1" : "",
        ["HF_TOKEN"] = token,
        ["HF_HUB_CACHE"] = "",
        ["HF_TOKEN_PATH"] = "",
    };

    async Task<(int Code, string Output, string Error)> HeadScopeAsync(Dictionary<string, string> environment, params string[] arguments)
    {
        using var process = HeadScopeProcess.Start(environment, arguments);
        return await process.EndAsync();
    }

    [Fact]
    public async Task Run_HubId_MakesTheFrameOfTheLocalFolder()
    {
        var (code, _, error) = await HeadScopeAsync(Environment(), Run(Model, "local"));
        Assert.True(code == 0, error);
        Assert.Empty(_hub.Requests);
        (code, _, error) = await HeadScopeAsync(Environment(), Run(Id, "hub"));
        Assert.True(code == 0, error);
        Assert.Contains("Downloading model 'org/neox-tiny': 2 files, 727 kB.", error, StringComparison.Ordinal);

        var frame = await File.ReadAllBytesAsync(_folder.File("local/head_df.csv"));
        Assert.Equal(frame, await File.ReadAllBytesAsync(_folder.File("hub/head_df.csv")));
        var (local, hub) = (Manifest("local"), Manifest("hub"));
        Assert.Equal(local["job"]!.GetValue<string>(), hub["job"]!.GetValue<string>()); // the same content is the same job
        Assert.Equal((Id, Id, "main", _content.Head), Source(hub));
        var spec = JsonNode.Parse(
            await File.ReadAllTextAsync(Directory.GetFiles(_folder.File("hub"), "spec.json", SearchOption.AllDirectories).Single()))!;
        Assert.Equal((Id, Id, "main", _content.Head), Source(spec));
        Assert.DoesNotContain(_folder.File("home"), spec["model"]!.ToJsonString(), StringComparison.Ordinal);

        // Without the hub, whether one says so or not.
        await _hub.StopAsync();
        foreach (var offline in new[] { true, false })
        {
            (code, _, error) = await HeadScopeAsync(Environment(offline: offline), Run(Id, $"offline {offline}"));
            Assert.True(code == 0, error);
            Assert.Equal(!offline, error.Contains("Using what the cache has", StringComparison.Ordinal));
            Assert.Equal(frame, await File.ReadAllBytesAsync(_folder.File($"offline {offline}/head_df.csv")));
            Assert.Equal(
                await File.ReadAllBytesAsync(_folder.File("hub/manifest.json")),
                await File.ReadAllBytesAsync(_folder.File($"offline {offline}/manifest.json")));
        }

        JsonNode Manifest(string output) => JsonNode.Parse(File.ReadAllText(_folder.File($"{output}/manifest.json")))!;
        static (string?, string?, string?, string?) Source(JsonNode node) => (
            node["model"]!["name"]!.GetValue<string>(), node["model"]!["hub"]!["repository"]!.GetValue<string>(),
            node["model"]!["hub"]!["revision"]!.GetValue<string>(), node["model"]!["hub"]!["commit"]!.GetValue<string>());
    }

    [Fact]
    public async Task Work_OnAnotherMachine_BringsTheJobsCommitIntoItsOwnCache()
    {
        var (code, _, error) = await HeadScopeAsync(Environment(), Run(Id, "alone", "--shard-rows", "1", "--batch-size", "1"));
        Assert.True(code == 0, error);
        using (var dying = HeadScopeProcess.Start(Environment(), Run(Id, "shared", "--shard-rows", "1", "--batch-size", "1")))
        {
            await dying.SaysAsync("Job ");
            await dying.KillAfterAsync(TimeSpan.Zero);
        }

        // By then the branch is something else.
        var commit = _content.Head;
        _hub.AddFolder(Id, Fixture.PathOf("gpt2-tiny", "model"));
        Assert.NotEqual(commit, _content.Head);
        (code, _, error) = await HeadScopeAsync(Environment(home: "another"), "work", "--store", _folder.File("shared/.headscope"));
        Assert.True(code == 0, error);
        Assert.True(Directory.Exists(_folder.File($"another/hub/models--org--neox-tiny/snapshots/{commit}")));
        (code, _, error) = await HeadScopeAsync(Environment(), Run(Id, "shared", "--revision", commit));
        Assert.True(code == 0, error);
        Assert.Equal(
            await File.ReadAllBytesAsync(_folder.File("alone/manifest.json")),
            await File.ReadAllBytesAsync(_folder.File("shared/manifest.json")));
    }

    [Fact]
    public async Task Inspect_TwoProcessesAtOnce_BringEachFileOnce()
    {
        _hub.Misbehave("GET", "model.safetensors", times: 1, async (_, right) =>
        {
            await Task.Delay(TimeSpan.FromSeconds(2)); // so that the other comes upon the lock
            await right();
        });
        string[] inspect = ["inspect", "--model", Id, "--json"];
        var both = await Task.WhenAll(HeadScopeAsync(Environment(), inspect), HeadScopeAsync(Environment(), inspect));
        Assert.All(both, result =>
        {
            Assert.True(result.Code == 0, result.Error);
            Assert.Equal("", result.Error); // quiet
            Assert.Equal(_content.Head, JsonNode.Parse(result.Output)!["hub"]!["commit"]!.GetValue<string>());
        });
        Assert.Equal(
            1, _hub.Requests.Count(request => request.Method == "GET" && _hub.LargeFiles.EndsWith(request.Host, StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Heads_HubId_SaysWhatItFindsInTheLocalFolder()
    {
        var (code, _, error) = await HeadScopeAsync(
            Environment(), "heads", "--model", Id, "--revision", _content.Head, "--out", _folder.File("hub"));
        Assert.True(code == 0, error);
        (code, _, error) = await HeadScopeAsync(Environment(), "heads", "--model", Model, "--out", _folder.File("local"));
        Assert.True(code == 0, error);
        Assert.Equal(
            await File.ReadAllBytesAsync(_folder.File("local/heads.csv")), await File.ReadAllBytesAsync(_folder.File("hub/heads.csv")));
    }

    [Fact]
    public async Task Run_PrivateModel_TellsNobodyTheToken()
    {
        _content.Token = Token;
        var (code, output, error) = await HeadScopeAsync(Environment(token: Token), Run(Id, "out", "--skip-heads", "--json"));
        Assert.True(code == 0, error);
        var endpoint = new Uri(_hub.Endpoint).Authority;
        Assert.All(_hub.Requests, request => Assert.Equal(request.Host == endpoint, request.Authorization == $"Bearer {Token}"));
        Assert.All(_hub.Requests, request => Assert.True(request.Host == endpoint || request.Authorization is null));

        var (refused, refusedOutput, refusedError) = await HeadScopeAsync(
            Environment(home: "another", token: $"{Token}x"), Run(Id, "refused", "--json"));
        Assert.Equal(2, refused);
        Assert.Contains("other than the one that was sent", refusedError, StringComparison.Ordinal);
        foreach (var text in new[] { output, error, refusedOutput, refusedError })
            Assert.DoesNotContain(Token, text, StringComparison.Ordinal);
        foreach (var path in Directory.EnumerateFiles(_folder.File("."), "*", SearchOption.AllDirectories))
            Assert.True(
                (await File.ReadAllBytesAsync(path)).AsSpan().IndexOf(Encoding.UTF8.GetBytes(Token)) < 0, $"{path} has the token in it");
    }

    [SkippableFact]
    public async Task Run_InterruptedWhileDownloading_Ends130AndGoesOnFromThere()
    {
        Skip.If(OperatingSystem.IsWindows(), "sends a signal");
        var sent = new TaskCompletionSource();
        _hub.Misbehave("GET", "model.safetensors", times: 2, async (context, right) =>
        {
            if (!_hub.LargeFiles.EndsWith(context.Request.Host.Value!, StringComparison.Ordinal))
            {
                await right();
                return;
            }

            _content.TryFind(_content.Head, "model.safetensors", out var file);
            context.Response.ContentLength = file.Bytes.Length;
            await context.Response.Body.WriteAsync(file.Bytes.AsMemory(0, 100_000));
            await context.Response.Body.FlushAsync();
            sent.SetResult();
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        });
        string[] inspect = ["inspect", "--model", Id];
        using (var process = HeadScopeProcess.Start(Environment(), inspect))
        {
            await sent.Task;
            while (Partial() is null or { Length: 0 })
                await Task.Delay(10);
            process.Interrupt();
            Assert.Equal(130, (await process.EndAsync()).Code);
        }

        var (code, output, error) = await HeadScopeAsync(Environment(), inspect);
        Assert.True(code == 0, error);
        Assert.Contains($"main is commit {_content.Head}", output, StringComparison.Ordinal);
        Assert.Contains(_hub.Requests, request => request.Range is not null);

        FileInfo? Partial() => Directory.Exists(_folder.File("home"))
            ? new DirectoryInfo(_folder.File("home")).EnumerateFiles("*.incomplete", SearchOption.AllDirectories).FirstOrDefault()
            : null;
    }

    [Theory]
    [InlineData("org/nothing", null, 2, "org/nothing: there is no such folder here, and as a model on the hub it cannot be had.", "there is no model 'org/nothing', or it is private")]
    [InlineData(Id, "v9", 2, "has no revision 'v9'")]
    [InlineData("./neox-tiny", null, 2, "./neox-tiny: there is no such folder, and a model on the hub has an id such as EleutherAI/pythia-70m")]
    [InlineData("folder", "main", 2, "is a folder here, and --revision is for models on the hub")]
    [InlineData("unreachable", null, 1, "cannot be reached", "does not have model 'unreachable'")]
    public async Task Run_NoSuchModel_SaysWhereItWasLookedFor(string model, string? revision, int expected, params string[] messages)
    {
        var environment = Environment();
        if (model == "folder")
            model = Model;
        if (model == "unreachable")
        {
            await _hub.StopAsync();
            environment["HF_HUB_ETAG_TIMEOUT"] = "1";
        }

        var (code, _, error) = await HeadScopeAsync(
            environment, [.. Run(model, "out"), .. revision is null ? Array.Empty<string>() : ["--revision", revision]]);
        Assert.Equal(expected, code);
        Assert.All(messages, message => Assert.Contains(message, error, StringComparison.Ordinal));
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder.File("out")));
    }
}
