using System.Diagnostics;
using System.Text.Json.Nodes;
using HeadScope.Tests.Support;

namespace HeadScope.Client.Tests.Server;

/// <summary>Jobs that are deleted while real workers are at them.</summary>
public sealed class PurgeTests : IDisposable
{
    static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Purge_ServerIsAtTheJob_LeavesNothingAndTheNextOfItIsWhole(bool byServer)
    {
        using var server = new ServerProcess("--workers", "2", "--threads", "2");
        Fixture.Copy(Path.Combine(server.Inputs, "Demo"), "..", "..", "src", "Client", "Demo");
        var request = LongJob.Write(Path.Combine(server.Inputs, "long.safetensors"), times: 12);
        await server.StartAsync();
        var client = new ServerClient(server.Address, null);
        string[] submit = ["submit", "--model", "Demo", "--tokens", "long.safetensors", "--skip-heads", "--shard-rows", "2"];
        var id = await client.SaysAsync(0, submit);
        await UntilAsync(() => HasCommitted(server.Store, id), "a shard was committed");
        if (byServer)
            await client.SaysAsync(0, ["purge", "--job", id]);
        else
            await SaysAsync(0, ["purge", "--store", server.Store, "--job", id]);
        Assert.Equal("", await client.SaysAsync(0, ["list"]));

        // When the last worker has left the job, nothing of it is there, and nothing comes.
        using var http = new HttpClient();
        await UntilAsync(async () => PrometheusSamples.Parse(await http.GetStringAsync($"{server.Address}/metrics"))["headscope_jobs{state=\"running\"}"] == 0, "the workers left the job");
        var folder = Path.Combine(server.Store, "jobs", id);
        await UntilAsync(() => !Directory.Exists(folder), "the folder is gone");

        Assert.Equal(id, await client.SaysAsync(0, submit));
        await client.SaysAsync(0, ["watch", "--job", id]);
        var manifest = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(folder, "results", "manifest.json")))!;
        await SaysAsync(0, ["run", .. request, "--skip-heads", "--out", _folder.File("out")]);
        var local = JsonNode.Parse(await File.ReadAllTextAsync(_folder.File("out/manifest.json")))!;
        Assert.Equal(local["files"]!.ToJsonString(), manifest["files"]!.ToJsonString());
    }

    [Fact]
    public async Task Purge_AProcessWorksOnTheJob_StopsItAndLeavesNothing()
    {
        string[] store = ["--store", _folder.File("store")];
        var request = LongJob.Write(_folder.File("long.safetensors"), times: 12);
        var id = await SaysAsync(0, ["submit", .. store, .. request, "--skip-heads", "--shard-rows", "2"]);
        using var work = HeadScopeProcess.Start(["work", .. store, "--job", id, "--workers", "2"]);
        await UntilAsync(() => HasCommitted(_folder.File("store"), id), "a shard was committed");
        await SaysAsync(0, ["purge", .. store, "--job", id]);
        var (code, _, error) = await work.EndAsync();
        Assert.Equal(3, code);
        Assert.Contains($"The job {id} was deleted.", error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder.File($"store/jobs/{id}")));
    }

    [Fact]
    public async Task Purge_NoSuchJob_SaysSo()
    {
        using var server = new ServerProcess("--workers", "0");
        await server.StartAsync();
        var client = new ServerClient(server.Address, null);
        foreach (var id in new[] { "0123456789abcdef", "../../x" })
        {
            await client.ErrorAsync(1, ["purge", "--job", id]);
            await SaysAsync(1, ["purge", "--store", server.Store, "--job", id]);
        }

        // What a submission that was broken off, or a purge, has left is no job, and can be deleted all the same.
        var left = Directory.CreateDirectory(Path.Combine(server.Store, "jobs", "0123456789abcdef"));
        await File.WriteAllTextAsync(Path.Combine(left.FullName, "control.json"), "{");
        await client.SaysAsync(0, ["purge", "--job", left.Name]);
        Assert.False(Directory.Exists(left.FullName));
    }

    static bool HasCommitted(string store, string id) =>
        Directory.Exists(Path.Combine(store, "jobs", id, "shards")) && Directory.EnumerateFiles(
            Path.Combine(store, "jobs", id, "shards"), "*.stats").Any();

    static Task UntilAsync(Func<bool> holds, string what) => UntilAsync(() => Task.FromResult(holds()), what);

    static async Task UntilAsync(Func<Task<bool>> holds, string what)
    {
        for (var waited = Stopwatch.StartNew(); !await holds(); await Task.Delay(20))
            Assert.True(waited.Elapsed < Limit, $"in vain until {what}");
    }

    static async Task<string> SaysAsync(int expected, string[] arguments)
    {
        var (code, output, error) = await HeadScopeProcess.RunAsync(arguments);
        Assert.True(code == expected, $"{arguments[0]} ended with {code}: {error}");
        return output;
    }
}
