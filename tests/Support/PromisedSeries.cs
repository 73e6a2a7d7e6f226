namespace HeadScope.Tests.Support;

/// <summary>A series that the documentation promises: alarms, dashboards and notebooks of others go by it.</summary>
/// <param name="Name">As its samples have it, but for what a histogram adds.</param>
/// <param name="Unit">As OpenMetrics gives it, or empty.</param>
/// <param name="Label">The only label; null where there is none.</param>
internal sealed record PromisedSeries(string Name, string Type, string Unit, string? Label, string Help)
{
    const string Total = "_total";

    public static readonly IReadOnlyList<PromisedSeries> All =
    [
        new("headscope_tokens_scored_total", "counter", "", null,
            "Tokens whose prediction was scored, all but the first of each row; tokens of shards that are tried again count again."),
        new("headscope_shards_total", "counter", "", "state",
            "Shards that were started here, and how they ended: done, failed, or duplicate, where another worker had committed first."),
        new("headscope_shard_seconds", "histogram", "seconds", null, "Time from the lease of a shard to its commit."),
        new("headscope_shard_retries_total", "counter", "", "cause",
            "Failures of a shard, or of the columns of the weights, after which it is tried again, by cause."),
        new("headscope_batches_halved_total", "counter", "", null,
            "Batches that did not fit into the device's memory, after which the worker scores half as many sequences together."),
        new("headscope_jobs", "gauge", "", "state", "Jobs that this process works on or has worked on, by state."),
        new("headscope_job_progress_ratio", "gauge", "", null,
            "Share of the rows that are committed, by any process, of the jobs being worked on or, between jobs, of the last."),
        new("headscope_workers", "gauge", "", "device", "Workers that are scoring shards or waiting for one, by what they compute on."),
        new("headscope_queue_shards", "gauge", "", null, "Shards that are not done and not being scored by this process."),
        new("headscope_model_load_seconds", "histogram", "seconds", null,
            "Time to read a model's weights, process them and bring them to the device."),
        new("headscope_device_memory_bytes", "gauge", "bytes", "device",
            "Memory in use on the device, by all programs; for processors, by this process."),
        new("headscope_reduce_seconds", "histogram", "seconds", null, "Time of reductions, from the last shard to the manifest."),
        new("headscope_store_request_seconds", "histogram", "seconds", "op",
            "Time of requests to the store, failed ones too; that of a write includes making what is written."),
    ];

    /// <summary>What OpenMetrics calls it where it describes it.</summary>
    public string Family => Name.EndsWith(Total, StringComparison.Ordinal) ? Name[..^Total.Length] : Name;

    /// <summary>All are in both formats, as promised, and nothing else is under the product's name.</summary>
    public static void AssertIn(PrometheusSamples text, PrometheusSamples openMetrics)
    {
        foreach (var series in All)
        {
            series.AssertIn(text, series.Name);
            series.AssertIn(openMetrics, series.Family);
            Assert.Equal(series.Unit, openMetrics.Units.GetValueOrDefault(series.Family, ""));
        }

        Assert.Equal(Names(series => series.Name), Ours(text));
        Assert.Equal(Names(series => series.Family), Ours(openMetrics));
    }

    void AssertIn(PrometheusSamples scrape, string described)
    {
        Assert.True(scrape.Types.ContainsKey(described), $"{described} is not among {string.Join(", ", scrape.Types.Keys)}");
        Assert.Equal((described, Type, Help), (described, scrape.Types[described], scrape.Helps[described]));
        var values = scrape.All.Where(sample => sample.Name == (Type == "histogram" ? $"{Name}_count" : Name)).ToList();
        Assert.NotEmpty(values);
        Assert.All(values, sample => Assert.Equal(Label is null ? [] : [Label], sample.Labels.Keys));
    }

    static IEnumerable<string> Names(Func<PromisedSeries, string> name) => All.Select(name).Order(StringComparer.Ordinal);

    static IEnumerable<string> Ours(PrometheusSamples scrape) =>
        scrape.Types.Keys.Where(name => name.StartsWith("headscope_", StringComparison.Ordinal)).Order(StringComparer.Ordinal);
}
