using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using HeadScope.Jobs.Work;
using HeadScope.ModelCore.Compute;
using HeadScope.Tests.Support;

namespace HeadScope.Grains.Tests;

public class ClusterProcessTests
{
    const int Rows = 200;

    static readonly object Job = new { model = "model", tokens = "many.npy", shard_rows = 2, skip_heads = true };

    [Fact]
    public async Task Job_TwoSilosTwoGateways_SubmittedWatchedCancelledResumedPulled()
    {
        using var folder = new TemporaryFolder();
        var (store, tokens) = (folder.File("store"), folder.File("tokens"));
        Directory.CreateDirectory(tokens);
        RandomTokens.Write(folder.File("tokens/many.npy"), Rows);
        string[] ports = [.. Enumerable.Range(0, 4).Select(_ => PostgresServer.FreePort().ToString(CultureInfo.InvariantCulture))];
        await using var first = await SiloProcess.StartAsync(store, null, tokens, "--workers", "1", "--silo-port", ports[0], "--gateway-port", ports[1], "--primary-port", ports[0]);
        var starting = new[]
        {
            SiloProcess.StartAsync(store, null, tokens, "--workers", "1", "--silo-port", ports[2], "--gateway-port", ports[3], "--primary-port", ports[0]),
            SiloProcess.StartAsync(store, null, tokens, "--role", "gateway", "--gateway-port", ports[1]),
            SiloProcess.StartAsync(store, null, tokens, "--role", "gateway", "--gateway-port", ports[3]),
        };
        await using var second = await starting[0];
        await using var here = await starting[1];
        await using var there = await starting[2];

        var id = await here.SubmitAsync(Job);
        var watching = WatchAsync(there.Http, id);
        await there.UntilAsync(id, job => job.GetProperty("shards_committed").GetInt32() > 0);
        using (var cancelled = await there.Http.DeleteAsync($"/v1/jobs/{id}"))
            Assert.True(cancelled.IsSuccessStatusCode);
        Assert.Equal("cancelled", (await watching)[^1]);
        Assert.Equal(id, await there.SubmitAsync(Job));
        var done = await here.UntilAsync(id, "done");
        Assert.Equal(1, done.GetProperty("progress").GetDouble());
        var expected = await LocalRun.RunAsync(LocalRun.Tiny with { Tokens = folder.File("tokens/many.npy"), InductionTokens = null, SkipHeads = true });
        await LocalRun.SameBytesAsync(expected, name => there.Http.GetByteArrayAsync($"/v1/jobs/{id}/results/{name}"));
        var preview = await there.Http.GetFromJsonAsync<JsonElement>($"/v1/jobs/{id}/preview");
        Assert.Equal(Rows, preview.GetProperty("rows").GetInt32());
        var metrics = await second.Http.GetStringAsync("/metrics");
        Assert.Contains("headscope_tokens_scored_total", metrics, StringComparison.Ordinal);
        Assert.Contains("orleans", metrics, StringComparison.OrdinalIgnoreCase);

        Assert.Equal(0, await second.StopAsync());
        Assert.Contains("Drained", second.Log, StringComparison.Ordinal);
    }

    /// <summary>A silo of devices that have a thread of their own, beside one of processors, which leaves it the job that only it can do.</summary>
    [Theory]
    [InlineData(Precision.Float32, "--role", "gateway")]
    [InlineData(Precision.Bfloat16, "--workers", "1")]
    public async Task Job_OnATorchSilo_HasTheBytesOfALocalRun(Precision precision, params string[] otherSilo)
    {
        using var folder = new TemporaryFolder();
        var (store, tokens) = (folder.File("store"), folder.File("tokens"));
        Directory.CreateDirectory(tokens);
        RandomTokens.Write(folder.File("tokens/some.npy"), 40);
        string[] ports = [.. Enumerable.Range(0, 4).Select(_ => PostgresServer.FreePort().ToString(CultureInfo.InvariantCulture))];
        await using var torch = await SiloProcess.StartAsync(
            store, null, tokens, "--backend", "torch", "--device", "cpu", "--silo-port", ports[0], "--gateway-port", ports[1], "--primary-port", ports[0]);
        await using var other = await SiloProcess.StartAsync(
            store, null, tokens, [.. otherSilo, "--silo-port", ports[2], "--gateway-port", otherSilo[0] == "--role" ? ports[1] : ports[3], "--primary-port", ports[0]]);
        var id = await other.SubmitAsync(new { model = "model", tokens = "some.npy", shard_rows = 6, precision = precision.Name() });
        await other.UntilAsync(id, "done");
        var expected = await LocalRun.RunAsync(
            LocalRun.Tiny with { Tokens = folder.File("tokens/some.npy"), InductionTokens = null, Precision = precision, ShardRows = 6 },
            new EngineOptions { Devices = ComputeBackends.Find("torch", "cpu"), Threads = 1 });
        Assert.Equal(id, expected.Job);
        await LocalRun.SameBytesAsync(expected, name => other.Http.GetByteArrayAsync($"/v1/jobs/{id}/results/{name}"));
        var manifest = JsonDocument.Parse(await other.Http.GetByteArrayAsync($"/v1/jobs/{id}/results/manifest.json")).RootElement;
        Assert.Equal("torch cpu", Assert.Single(manifest.GetProperty("compute").GetProperty("devices").EnumerateArray()).GetString());
        Assert.Contains("headscope_device_memory_bytes{", await torch.Http.GetStringAsync("/metrics"), StringComparison.Ordinal);
    }

    static async Task<List<string>> WatchAsync(HttpClient http, string id)
    {
        var states = new List<string>();
        await using var events = await http.GetStreamAsync($"/v1/jobs/{id}/events");
        await foreach (var item in System.Net.ServerSentEvents.SseParser.Create(events).EnumerateAsync())
            states.Add(JsonDocument.Parse(item.Data).RootElement.GetProperty("state").GetString()!);
        return states;
    }
}
