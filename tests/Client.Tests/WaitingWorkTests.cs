using System.Diagnostics;
using System.Text.Json.Nodes;
using HeadScope.Tests.Support;

namespace HeadScope.Client.Tests;

/// <summary>headscope work --wait: workers that stay.</summary>
public sealed class WaitingWorkTests : IDisposable
{
    static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    static readonly string[] Job = ["--model", Fixture.PathOf("neox-tiny", "model"), "--tokens", Fixture.PathOf("neox-tiny", "inputs.safetensors"), "--skip-heads"];

    readonly TemporaryFolder _folder = new();

    string[] Store => ["--store", _folder.File("store")];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Wait_JobsComeLater_AreDoneUntilItIsToldToStop()
    {
        using var work = HeadScopeProcess.Start(["work", "--wait", .. Store, "--workers", "2", "--threads", "2"]);
        await work.SaysAsync("waiting for more");
        foreach (var rows in new[] { "24", "16" })
        {
            var id = await SaysAsync(["submit", .. Store, .. Job, "--rows", rows]);
            Assert.Contains("done", await SaysAsync(["watch", .. Store, "--job", id]), StringComparison.Ordinal);
        }

        work.Terminate();
        var (code, _, error) = await work.EndAsync();
        Assert.True(code == 0, error);
        Assert.EndsWith("no shard was in work any more.", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Wait_JobsOfTwoPriorities_TheHigherIsDoneFirst()
    {
        var request = LongJob.Write(_folder.File("long.safetensors"), times: 6);
        var low = await SaysAsync(["submit", .. Store, .. request, "--shard-rows", "8"]);
        var high = await SaysAsync(["submit", .. Store, .. request, "--shard-rows", "8", "--rows", "32", "--priority", "10"]);
        using var work = HeadScopeProcess.Start(["work", "--wait", .. Store, "--workers", "1", "--threads", "1"]);
        await SaysAsync(["watch", .. Store, "--job", high]);
        Assert.InRange((await StatusAsync(low)).ShardsDone, 0, 11); // of 12
        work.Interrupt();
        Assert.Equal(0, (await work.EndAsync()).Code);
    }

    [Fact]
    public async Task Wait_NoTimeToDrain_HandsTheShardsInWorkBack()
    {
        var request = LongJob.Write(_folder.File("long.safetensors"), times: 20);
        var id = await SaysAsync(["submit", .. Store, .. request, "--shard-rows", "160", "--skip-heads"]);
        using var work = HeadScopeProcess.Start(["work", "--wait", .. Store, "--workers", "1", "--threads", "1", "--drain", "0", "--metrics-port", "0"]);
        var url = await work.MetricsAsync();
        using var http = new HttpClient();
        for (var waited = Stopwatch.StartNew(); !(await http.GetStringAsync(url)).Contains("headscope_shards_total{state=\"started\"} 1", StringComparison.Ordinal);)
            Assert.True(waited.Elapsed < Limit, "no shard was started");
        work.Terminate();
        var (code, _, error) = await work.EndAsync();
        Assert.Equal(130, code);
        Assert.Contains("handed back", error, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFiles(_folder.File($"store/jobs/{id}/claims")));
    }

    async Task<(string State, int ShardsDone)> StatusAsync(string id)
    {
        var status = JsonNode.Parse(await SaysAsync(["status", .. Store, "--job", id, "--json"]))!;
        return ((string)status["state"]!, (int)status["shards_done"]!);
    }

    static async Task<string> SaysAsync(string[] arguments)
    {
        var (code, output, error) = await HeadScopeProcess.RunAsync(arguments);
        Assert.True(code == 0, $"{arguments[0]} ended with {code}: {error}");
        return output;
    }
}
