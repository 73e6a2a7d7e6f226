using System.Diagnostics;
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
    public async Task Errors_SayWhatTheServerAnsweredAndWhatToDo()
    {
        using var server = new ServerProcess("--workers", "0");
        var (reader, submitter) = (server.AddKey("reader", "reader"), server.AddKey("submitter", "submitter"));
        await server.StartAsync();
        Assert.Contains(
            "asks for an API key", await new ServerClient(server.Address, null).ErrorAsync(1, ["list"]), StringComparison.Ordinal);
        Assert.Contains(
            "does not know the API key of HEADSCOPE_API_KEY", await new ServerClient(server.Address, "hs_wrong").ErrorAsync(1, ["list"]),
            StringComparison.Ordinal);
        Assert.Contains("its role is Reader", await new ServerClient(server.Address, reader).ErrorAsync(1, ["submit", .. Job]), StringComparison.Ordinal);

        var client = new ServerClient(server.Address, submitter);
        Assert.Contains(
            "There is no job 0123456789abcdef", await client.ErrorAsync(1, ["status", "--job", "0123456789abcdef"]),
            StringComparison.Ordinal);
        Assert.Contains("sixteen hex digits", await client.ErrorAsync(1, ["watch", "--job", "../../x"]), StringComparison.Ordinal);
        var (code, output, error) = await client.RunAsync(
            "submit", "--model", "nowhere", "--tokens", "nothing.npy", "--rows", "0", "--quantile", "1.5", "--json");
        Assert.Equal(2, code);
        foreach (var fault in new[] { "'nowhere'", "'nothing.npy'", "rows: 0", "quantile: 1.5" })
            Assert.Contains(fault, error, StringComparison.Ordinal);
        Assert.Equal(4, JsonNode.Parse(output)!["faults"]!.AsArray().Count);

        // A key in a file, which must be one, and its owner's alone.
        File.WriteAllText(_folder.File("key"), $"{submitter}\n");
        var keyless = new ServerClient(server.Address, null);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(_folder.File("key"), UnixFileMode.UserRead | UnixFileMode.OtherRead);
            Assert.Contains(
                $"chmod 600 {_folder.File("key")}", await keyless.ErrorAsync(1, ["list", "--key-file", _folder.File("key")]),
                StringComparison.Ordinal);
            File.SetUnixFileMode(_folder.File("key"), UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        await keyless.SaysAsync(0, ["list", "--key-file", _folder.File("key")]);
        File.WriteAllText(_folder.File("key"), $"two words");
        Assert.Contains(
            "this is no API key", await keyless.ErrorAsync(1, ["list", "--key-file", _folder.File("key")]), StringComparison.Ordinal);
        client.AssertSecretIsAbsent(output, error);
    }

    [Fact]
    public async Task AnyVerb_ServerIsNotThere_SaysSo()
    {
        var address = $"http://127.0.0.1:{Ports.Free()}";
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
    [InlineData("go together", "work", "--store", "x", "--models", "y")]
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

    [SkippableFact]
    public async Task Server_ToldToStopAtAnyMomentOfItsStart_EndsInOrder()
    {
        Skip.If(OperatingSystem.IsWindows(), "sends signals");
        using var server = new ServerProcess("--workers", "1");
        Directory.CreateDirectory(server.Inputs);
        var clock = Stopwatch.StartNew();
        using (var first = HeadScopeProcess.StartServer(new Dictionary<string, string>(), server.Arguments()))
        {
            await server.UntilReadyAsync();
            first.Terminate();
            Assert.Equal(0, (await first.EndAsync()).Code);
        }

        const int Moments = 10;
        var start = clock.Elapsed;
        for (var moment = 1; moment <= Moments; moment++)
        {
            using var process = HeadScopeProcess.StartServer(new Dictionary<string, string>(), server.Arguments());
            await Task.Delay(start * moment / Moments);
            process.Terminate();
            var (code, output, error) = await process.EndAsync();
            // By the signal, before it ran.
            Assert.True(code == 0 || (code == 128 + 15 && output.Length + error.Length == 0), $"ended with {code}: {output}{error}");
        }
    }

    async Task<ServerProcess> WithInputsAsync(params string[] options)
    {
        var server = new ServerProcess(options);
        Fixture.Copy(Path.Combine(server.Inputs, "model"), "neox-tiny", "model");
        File.Copy(Fixture.PathOf("neox-tiny", "inputs.safetensors"), Path.Combine(server.Inputs, "inputs.safetensors"));
        await server.StartAsync();
        return server;
    }
}
