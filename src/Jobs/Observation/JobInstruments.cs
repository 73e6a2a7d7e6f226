using System.Diagnostics.Metrics;
using HeadScope.Jobs.Shards;

namespace HeadScope.Jobs.Observation;

/// <summary>
/// What is measured of jobs, as this process works on them. Job ids are never labels: they would make a series of each job.
/// </summary>
/// <remarks>
/// Names and units are chosen so that OpenTelemetry's rules for Prometheus turn them into the names that the documentation gives:
/// <c>headscope.store.request</c> in <c>s</c> is <c>headscope_store_request_seconds</c>; <c>headscope.shards</c>, a counter of
/// <c>{shard}</c>, is <c>headscope_shards_total</c>.
/// </remarks>
public static class JobInstruments
{
    public const string MeterName = "HeadScope.Jobs";

    static readonly Meter Meter = new(MeterName);

    static readonly Counter<long> Tokens = Meter.CreateCounter<long>(
        "headscope.tokens.scored", "{token}",
        "Tokens whose prediction was scored, all but the first of each row; tokens of shards that are tried again count again.");

    static readonly Counter<long> Shards = Meter.CreateCounter<long>(
        "headscope.shards", "{shard}",
        "Shards that were started here, and how they ended: done, failed, or duplicate, where another worker had committed first.");

    static readonly Counter<long> Retries = Meter.CreateCounter<long>(
        "headscope.shard.retries", "{retry}",
        "Failures of a shard, or of the columns of the weights, after which it is tried again, by cause.");

    static readonly Counter<long> BatchesHalved = Meter.CreateCounter<long>(
        "headscope.batches.halved", "{batch}",
        "Batches that did not fit into the device's memory, after which the worker scores half as many sequences together.");

    static readonly Histogram<double> ShardSeconds = Meter.CreateHistogram(
        "headscope.shard", "s", "Time from the lease of a shard to its commit.", tags: null, Buckets.Work);

    static readonly Histogram<double> Reduction = Meter.CreateHistogram(
        "headscope.reduce", "s", "Time of reductions, from the last shard to the manifest.", tags: null, Buckets.Work);

    static JobInstruments()
    {
        Meter.CreateObservableUpDownCounter(
            "headscope.jobs", MeteredJob.CountByState, "{job}", "Jobs that this process works on or has worked on, by state.");
        Meter.CreateObservableGauge(
            "headscope.job.progress_ratio", MeteredJob.Progress, "1",
            "Share of the rows that are committed, by any process, of the jobs being worked on or, between jobs, of the last.");
        Meter.CreateObservableUpDownCounter(
            "headscope.queue.shards", MeteredJob.Waiting, "{shard}", "Shards that are not done and not being scored by this process.");
    }

    /// <summary>Makes every series that a job will count on, so that the first event is a step from 0 and not a start at 1.</summary>
    public static void Announce()
    {
        Tokens.Add(0);
        BatchesHalved.Add(0);
        foreach (var state in new[] { "started", "done", "duplicate", "failed" })
            Shards.Add(0, State(state));
        foreach (var cause in new[] { "out_of_memory", "data", "io", "other" })
            Retries.Add(0, new KeyValuePair<string, object?>("cause", cause));
    }

    internal static void TokensScored(long tokens) => Tokens.Add(tokens);

    internal static void ShardStarted() => Shards.Add(1, State("started"));

    internal static void ShardDone(ShardWork work)
    {
        Shards.Add(1, State("done"));
        ShardSeconds.Record(work.ReadSeconds + work.ScoreSeconds + work.CountSeconds + work.StoreSeconds);
    }

    internal static void ShardDuplicate() => Shards.Add(1, State("duplicate"));

    internal static void ShardFailed() => Shards.Add(1, State("failed"));

    internal static void Retrying(Exception cause) => Retries.Add(1, new KeyValuePair<string, object?>("cause", CauseOf(cause)));

    internal static void BatchHalved() => BatchesHalved.Add(1);

    internal static void Reduced(TimeSpan time) => Reduction.Record(time.TotalSeconds);

    static KeyValuePair<string, object?> State(string state) => new("state", state);

    static string CauseOf(Exception cause) => cause switch
    {
        AggregateException { InnerException: { } inner } => CauseOf(inner),
        OutOfMemoryException => "out_of_memory",
        InvalidDataException => "data",
        IOException => "io",
        _ => "other",
    };
}
