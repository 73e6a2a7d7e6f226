using System.Text.Json;
using HeadScope.Tests.Support;

namespace HeadScope.Client.Tests.Telemetry;

/// <summary>What a real Prometheus learns of a real process.</summary>
public sealed class PrometheusTests
{
    static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    // The final numbers are read once, after the process has gone: of each series its last sample.
    const string Ever = "[1h]";

    [SkippableFact]
    public async Task Run_ScrapedByPrometheus_ShowsEverySeriesAndTheJobsTotals()
    {
        using var job = new WatchedJob();
        using var run = HeadScopeProcess.Start(job.Run("--metrics-port", "0", "--metrics-linger", "60", "--workers", "2"));
        var url = await run.MetricsAsync();
        using var prometheus = await PrometheusServer.StartAsync(Interval, url);
        using (var http = new HttpClient())
            Assert.Equal("", await PrometheusServer.LintAsync(await http.GetStringAsync(url)));

        var (code, output, error) = await run.EndAsync();
        Assert.True(code == 0, error);
        var positions = JsonDocument.Parse(output).RootElement.GetProperty("summary").GetProperty("positions").GetInt64();
        Assert.Equal(job.Positions, positions);
        Assert.Equal(positions, await prometheus.ValueAsync($"last_over_time(headscope_tokens_scored_total{Ever})"));
        var shards = await prometheus.QueryAsync($"last_over_time(headscope_shards_total{Ever})");
        Assert.Equal(job.Shards, shards["state=\"started\""]);
        Assert.Equal(job.Shards, shards["state=\"done\""]);
        Assert.Equal(0, shards["state=\"failed\""] + shards["state=\"duplicate\""]);
        Assert.Equal(0, await prometheus.ValueAsync($"sum(last_over_time(headscope_shard_retries_total{Ever}))"));
        Assert.Equal(job.Shards, await prometheus.ValueAsync($"last_over_time(headscope_shard_seconds_count{Ever})"));
        Assert.Equal(1, await prometheus.ValueAsync($"last_over_time(headscope_model_load_seconds_count{Ever})"));
        Assert.Equal(1, await prometheus.ValueAsync($"last_over_time(headscope_reduce_seconds_count{Ever})"));

        // The seconds are those that the job's own timings tell, to a rounding of each.
        var timings = JsonDocument.Parse(await File.ReadAllTextAsync(job.File("out/timings.json"))).RootElement;
        var worked = timings.GetProperty("shards").EnumerateArray().Sum(shard => shard.GetProperty("work").EnumerateObject().Where(
            field => field.Name.EndsWith("_seconds", StringComparison.Ordinal)).Sum(field => field.Value.GetDouble()));
        Assert.Equal(worked, await prometheus.ValueAsync($"last_over_time(headscope_shard_seconds_sum{Ever})"), 1e-6);
        var reduced = timings.GetProperty("reduce_seconds").EnumerateObject().Sum(stage => stage.Value.GetDouble());
        Assert.InRange(await prometheus.ValueAsync($"last_over_time(headscope_reduce_seconds_sum{Ever})"), reduced - 0.01, reduced + 2);

        var states = await prometheus.QueryAsync($"last_over_time(headscope_jobs{Ever})");
        Assert.Equal(1, states["state=\"done\""]);
        Assert.Equal(1, states.Values.Sum());
        Assert.Equal(1, await prometheus.ValueAsync($"last_over_time(headscope_job_progress_ratio{Ever})"));
        Assert.InRange(await prometheus.ValueAsync($"min_over_time(headscope_job_progress_ratio{Ever})"), 0, 0.99);
        Assert.Equal(0, await prometheus.ValueAsync($"last_over_time(headscope_queue_shards{Ever})"));
        Assert.InRange(await prometheus.ValueAsync($"max_over_time(headscope_queue_shards{Ever})"), 1, job.Shards);
        Assert.Equal(2, await prometheus.ValueAsync($"max_over_time(headscope_workers{Ever})"));
        Assert.Equal(0, await prometheus.ValueAsync($"last_over_time(headscope_workers{Ever})"));
        Assert.InRange(await prometheus.ValueAsync($"max_over_time(headscope_device_memory_bytes{Ever})"), 1 << 20, 1L << 40);
        Assert.InRange(
            await prometheus.ValueAsync($"histogram_quantile(0.5, sum by (le) (last_over_time(headscope_shard_seconds_bucket{Ever})))"),
            1e-3, 600);
        var requests = await prometheus.QueryAsync($"last_over_time(headscope_store_request_seconds_count{Ever})");
        Assert.Equal(
            ["create", "delete", "exists", "list", "open", "read", "read_range", "write"],
            requests.Keys.Select(labels => labels.Split('"')[1]).Order());
        Assert.All(requests.Values, count => Assert.True(count > 0));
        AssertTypes(await prometheus.MetadataAsync());
    }

    [SkippableFact]
    public async Task Work_TwoProcessesScrapedByPrometheus_AddUpToTheJob()
    {
        using var job = new WatchedJob();
        var store = await job.SubmitAsync();
        string[] work = ["work", "--store", store, "--workers", "1", "--threads", "1", "--metrics-port", "0", "--metrics-linger", "60"];
        using var first = HeadScopeProcess.Start(work);
        using var second = HeadScopeProcess.Start(work);
        using var prometheus = await PrometheusServer.StartAsync(Interval, await first.MetricsAsync(), await second.MetricsAsync());
        foreach (var process in new[] { first, second })
        {
            var (code, _, error) = await process.EndAsync();
            Assert.True(code == 0, error);
        }

        // A shard that both may have scored would be a duplicate of one; leases of a minute leave no room for that.
        Assert.Equal(job.Positions, await prometheus.ValueAsync($"sum(last_over_time(headscope_tokens_scored_total{Ever}))"));
        var shards = await prometheus.QueryAsync($"sum by (state) (last_over_time(headscope_shards_total{Ever}))");
        Assert.Equal(job.Shards, shards["state=\"done\""]);
        Assert.Equal(job.Shards, shards["state=\"started\""]);
        Assert.Equal(2, await prometheus.ValueAsync($"count(last_over_time(headscope_tokens_scored_total{Ever}) > 0)"));
        Assert.Equal(1, await prometheus.ValueAsync($"sum(last_over_time(headscope_reduce_seconds_count{Ever}))"));
        Assert.Equal(2, await prometheus.ValueAsync($"sum(last_over_time(headscope_model_load_seconds_count{Ever}))"));
        Assert.Equal(2, await prometheus.ValueAsync($"sum(last_over_time(headscope_jobs{{state=\"done\"}}{Ever}))"));
        Assert.Equal(1, await prometheus.ValueAsync($"min(last_over_time(headscope_job_progress_ratio{Ever}))"));
        AssertTypes(await prometheus.MetadataAsync());
    }

    /// <summary>Prometheus asks for OpenMetrics, where a counter's own name has no _total, and forgets what has long been gone.</summary>
    static void AssertTypes(Dictionary<string, (string Type, string Unit, string Help)> metadata)
    {
        var promised = PromisedSeries.All.ToDictionary(series => series.Family, series => (series.Type, series.Unit, series.Help));
        Assert.Contains("headscope_tokens_scored", metadata);
        Assert.All(metadata, metric => Assert.Equal(promised[metric.Key], metric.Value));
    }
}
