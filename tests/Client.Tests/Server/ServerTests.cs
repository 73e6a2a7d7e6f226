using System.Text.Json.Nodes;
using HeadScope.Tests.Support;

namespace HeadScope.Client.Tests.Server;

/// <summary>The client's verbs against a real server.</summary>
public sealed class ServerTests : IDisposable
{
    static readonly string[] Job = ["--model", "model", "--tokens", "inputs.safetensors", "--shard-rows", "5"];

    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task WatchTwoJobs_ServerIsKilledAndRestarted_BothEndWithTheBytesOfARun()
    {
        using var server = new ServerProcess("--lease", "2", "--workers", "2", "--threads", "2");
        var client = new ServerClient(server.Address, server.AddKey("tester", "admin"));
        await server.StartAsync();
        var job = LongJob.Write(Path.Combine(server.Inputs, "long.safetensors"), times: 8);
        CopyFolder(job[1], Path.Combine(server.Inputs, "Demo"));
        string[] request = ["--model", "Demo", "--tokens", "long.safetensors", "--shard-rows", "8"];
        var ids = new[]
        {
            await client.SaysAsync(0, ["submit", .. request]),
            await client.SaysAsync(0, ["submit", .. request, "--rows", "100", "--priority", "5"]),
        };
        var watches = ids.Select(id => client.Start("watch", "--job", id)).ToArray();
        await client.UntilAsync(ids[1], status => (int)status["shards_done"]! > 1);
        server.Kill();
        await Task.WhenAll(watches.Select(watch => watch.SaysAsync("was lost; connecting again.")));
        await server.StartAsync();
        foreach (var watch in watches)
        {
            var (code, output, error) = await watch.EndAsync();
            Assert.True(code == 0, error);
            Assert.Contains("  done  ", output, StringComparison.Ordinal);
            Assert.Contains("Connected again.", error, StringComparison.Ordinal);
            client.AssertSecretIsAbsent(output, error);
            watch.Dispose();
        }

        var here = new[] { _folder.File("first"), _folder.File("second") };
        await client.SaysAsync(0, ["pull", "--job", ids[0], "--out", here[0]]);
        await client.SaysAsync(0, ["pull", "--job", ids[1], "--out", here[1]]);
        foreach (var (index, more) in new[] { (0, Array.Empty<string>()), (1, ["--rows", "100"]) })
        {
            var run = _folder.File($"run{index}");
            var (code, _, error) = await HeadScopeProcess.RunAsync(["run", .. job, "--shard-rows", "8", .. more, "--out", run]);
            Assert.True(code == 0, error);
            StoreTests.AssertSameResults(run, here[index]);
        }

        client.AssertSecretIsAbsent(server.Log);
    }

    [Fact]
    public async Task PausePriorityResumeCancel_ChangeTheJob()
    {
        using var server = await WithInputsAsync("--workers", "0");
        var client = new ServerClient(server.Address, null);
        var id = await client.SaysAsync(0, ["submit", .. Job]);
        Assert.Equal("paused", await StateAsync("pause", "--job", id));
        Assert.Equal("planned", await StateAsync("resume", "--job", id));
        Assert.Equal(-7, (int)JsonNode.Parse(await client.SaysAsync(0, ["priority", "--job", id, "--priority", "-7", "--json"]))!["priority"]!);
        Assert.Equal($"{id}  planned        0 of 5 shards  model, 24 rows of 64", await client.SaysAsync(0, ["list"]));
        Assert.Equal("cancelled", await StateAsync("cancel", "--job", id));
        await client.SaysAsync(3, ["status", "--job", id]);
        await client.SaysAsync(3, ["watch", "--job", id]);
        await client.SaysAsync(3, ["pull", "--job", id, "--out", _folder.File("out")]);
        Assert.Equal(id, await client.SaysAsync(0, ["submit", .. Job]));
        Assert.Contains("0 of 5 shards", await client.ErrorAsync(1, ["pull", "--job", id, "--out", _folder.File("out")]), StringComparison.Ordinal);

        async Task<string> StateAsync(params string[] arguments) => (string)JsonNode.Parse(await client.SaysAsync(0, [.. arguments, "--json"]))!["state"]!;
    }

    [Fact]
    public async Task Errors_SayWhatTheServerAnsweredAndWhatToDo()
    {
        using var server = new ServerProcess("--workers", "0");
        var (reader, submitter) = (server.AddKey("reader", "reader"), server.AddKey("submitter", "submitter"));
        await server.StartAsync();
        Assert.Contains("asks for an API key", await new ServerClient(server.Address, null).ErrorAsync(1, ["list"]), StringComparison.Ordinal);
        Assert.Contains("does not know the API key of HEADSCOPE_API_KEY", await new ServerClient(server.Address, "hs_wrong").ErrorAsync(1, ["list"]), StringComparison.Ordinal);
        Assert.Contains("its role is Reader", await new ServerClient(server.Address, reader).ErrorAsync(1, ["submit", .. Job]), StringComparison.Ordinal);

        var client = new ServerClient(server.Address, submitter);
        Assert.Contains("There is no job 0123456789abcdef", await client.ErrorAsync(1, ["status", "--job", "0123456789abcdef"]), StringComparison.Ordinal);
        Assert.Contains("sixteen hex digits", await client.ErrorAsync(1, ["watch", "--job", "../../x"]), StringComparison.Ordinal);
        var (code, output, error) = await client.RunAsync("submit", "--model", "nowhere", "--tokens", "nothing.npy", "--rows", "0", "--quantile", "1.5", "--json");
        Assert.Equal(2, code);
        foreach (var fault in new[] { "'nowhere'", "'nothing.npy'", "rows: 0", "quantile: 1.5" })
            Assert.Contains(fault, error, StringComparison.Ordinal);
        Assert.Equal(4, JsonNode.Parse(output)!["faults"]!.AsArray().Count);

        // A key in a file, which must be one.
        File.WriteAllText(_folder.File("key"), $"{submitter}\n");
        var keyless = new ServerClient(server.Address, null);
        await keyless.SaysAsync(0, ["list", "--key-file", _folder.File("key")]);
        File.WriteAllText(_folder.File("key"), $"two words");
        Assert.Contains("this is no API key", await keyless.ErrorAsync(1, ["list", "--key-file", _folder.File("key")]), StringComparison.Ordinal);
        client.AssertSecretIsAbsent(output, error);
    }

    [Fact]
    public async Task AnyVerb_ServerIsNotThere_SaysSo()
    {
        var address = $"http://127.0.0.1:{ServerProcess.FreePort()}";
        var error = await new ServerClient(address, "hs_secret").ErrorAsync(1, ["list"]);
        Assert.Contains($"{address}: no server answers there", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("One of --server", "list")]
    [InlineData("Only one of --server", "list", "--server", "http://localhost:1", "--store", "x")]
    [InlineData("this is no address", "list", "--server", "localhost:8470")]
    [InlineData("holds no secrets", "list", "--server", "http://me:secret@localhost:8470")]
    [InlineData("--key-file is for a server", "list", "--store", "x", "--key-file", "y")]
    [InlineData("out of range", "priority", "--store", "x", "--job", "y", "--priority", "101")]
    [InlineData("leave one of them out", "work", "--store", "x", "--job", "y", "--wait")]
    public async Task Arguments_ThatContradictEachOther_End2(string message, params string[] arguments)
    {
        var (code, _, error) = await HeadScopeProcess.RunAsync(arguments);
        Assert.Equal(2, code);
        Assert.Contains(message, error, StringComparison.Ordinal);
        Assert.DoesNotContain("secret@", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task List_AskedTooOften_WaitsAsLongAsTheServerSays()
    {
        using var server = await WithInputsAsync("--workers", "0", "--requests-per-minute", "1");
        var client = new ServerClient(server.Address, null);
        await client.SaysAsync(0, ["list"]);
        using var second = client.Start("list");
        await second.SaysAsync($"{server.Address} asks to wait");
    }

    [Fact]
    public async Task Serve_StartsTheServerAndPassesSignalsOn()
    {
        using var server = new ServerProcess("--workers", "1");
        Directory.CreateDirectory(server.Inputs);
        using var serve = HeadScopeProcess.Start(["serve", .. server.Arguments()]);
        await server.UntilReadyAsync();
        serve.Terminate();
        var (code, output, error) = await serve.EndAsync();
        Assert.True(code == 0, error);
        Assert.Contains("Drained", output + error, StringComparison.Ordinal);
        await Assert.ThrowsAsync<HttpRequestException>(async () => await new HttpClient().GetAsync(server.Address));

        (code, _, error) = await HeadScopeProcess.RunAsync("serve", "--stor", "x");
        Assert.Equal(2, code);
        Assert.Contains("--stor", error, StringComparison.Ordinal);
    }

    async Task<ServerProcess> WithInputsAsync(params string[] options)
    {
        var server = new ServerProcess(options);
        CopyFolder(Fixture.PathOf("neox-tiny", "model"), Path.Combine(server.Inputs, "model"));
        File.Copy(Fixture.PathOf("neox-tiny", "inputs.safetensors"), Path.Combine(server.Inputs, "inputs.safetensors"));
        await server.StartAsync();
        return server;
    }

    internal static void CopyFolder(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var file in Directory.GetFiles(from))
            File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
    }
}
