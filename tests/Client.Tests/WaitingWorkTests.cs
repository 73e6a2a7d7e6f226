using System.Diagnostics;
using HeadScope.Tests.Support;

namespace HeadScope.Client.Tests;

/// <summary>headscope work --wait: workers that stay.</summary>
public sealed class WaitingWorkTests : IDisposable
{
    static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    readonly TemporaryFolder _folder = new();

    string[] Store => ["--store", _folder.File("store")];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Wait_NoTimeToDrain_HandsTheShardsInWorkBack()
    {
        var request = LongJob.Write(_folder.File("long.safetensors"), times: 20);
        var id = await SaysAsync(["submit", .. Store, .. request, "--shard-rows", "160", "--skip-heads"]);
        using var work = HeadScopeProcess.Start(
            ["work", "--wait", .. Store, "--workers", "1", "--threads", "1", "--drain", "0", "--metrics-port", "0"]);
        var url = await work.MetricsAsync();
        using var http = new HttpClient();
        for (var waited = Stopwatch.StartNew(); !(await http.GetStringAsync(url)).Contains(
            "headscope_shards_total{state=\"started\"} 1", StringComparison.Ordinal);)
            Assert.True(waited.Elapsed < Limit, "no shard was started");
        work.Terminate();
        var (code, _, error) = await work.EndAsync();
        Assert.Equal(130, code);
        Assert.Contains("handed back", error, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFiles(_folder.File($"store/jobs/{id}/claims")));
    }

    static async Task<string> SaysAsync(string[] arguments)
    {
        var (code, output, error) = await HeadScopeProcess.RunAsync(arguments);
        Assert.True(code == 0, $"{arguments[0]} ended with {code}: {error}");
        return output;
    }
}
