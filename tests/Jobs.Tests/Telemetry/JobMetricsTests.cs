using System.Text;
using HeadScope.Jobs.Store;
using HeadScope.Jobs.Telemetry;
using HeadScope.Jobs.Telemetry.Prometheus;
using HeadScope.Jobs.Tests.Work;
using HeadScope.Jobs.Work;
using HeadScope.Tests.Support;

namespace HeadScope.Jobs.Tests.Telemetry;

[Collection(TelemetryCollection.Name)]
public sealed class JobMetricsTests : IDisposable
{
    /// <summary>Rows, and predicted positions in each, of <see cref="JobFixture.TinyRequest"/>.</summary>
    const int Rows = 24, Positions = 63;

    readonly MetricCollector _collector = MetricCollector.OfHeadScope();
    readonly JobFixture _fixture = new();

    public void Dispose()
    {
        _collector.Dispose();
        _fixture.Dispose();
    }

    [Fact]
    public async Task Run_Job_CountsWhatItDid()
    {
        var doneBefore = Scrape().All.SingleOrDefault(sample => sample.Name == "headscope_jobs" && sample.Labels["state"] == "done").Value;
        var (_, manifest) = await _fixture.RunAsync(JobFixture.TinyRequest with { ShardRows = 5 });
        var samples = Scrape();
        Assert.Equal(manifest.Summary.Positions, samples["headscope_tokens_scored_total"]);
        Assert.Equal(Rows * Positions, samples["headscope_tokens_scored_total"]);
        Assert.Equal(5, samples["headscope_shards_total{state=\"started\"}"]);
        Assert.Equal(5, samples["headscope_shards_total{state=\"done\"}"]);
        Assert.Equal(0, samples["headscope_shards_total{state=\"failed\"}"]);
        Assert.Equal(5, samples["headscope_shard_seconds_count"]);
        Assert.Equal(1, samples["headscope_model_load_seconds_count"]);
        Assert.Equal(1, samples["headscope_reduce_seconds_count"]);
        Assert.Equal(doneBefore + 1, samples["headscope_jobs{state=\"done\"}"]);
        Assert.Equal(0, samples["headscope_jobs{state=\"running\"}"] + samples["headscope_jobs{state=\"reducing\"}"]);
        Assert.Equal(1, samples["headscope_job_progress_ratio"]);
        Assert.Equal(0, samples["headscope_queue_shards"]);
        Assert.Equal(0, samples.All.Where(sample => sample.Name == "headscope_workers").Sum(sample => sample.Value));
        Assert.DoesNotContain(samples.All, sample => sample.Labels.Values.Any(value => value.Contains(manifest.Job, StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Run_HalfWay_ShowsProgressQueueAndState()
    {
        var (job, folder) = await _fixture.SubmitAsync(JobFixture.TinyRequest with { ShardRows = 6, SkipHeads = true });
        using var model = new TestModel(job.Spec);
        using var metered = new MeteredJob(job.Spec, job.Plan, new JobFixture.Observer());
        var leases = _fixture.Leases(job, folder);
        metered.Follow(leases);
        using var working = WorkerInstruments.Working("test", () => 42);
        var checkedAt = 0;
        await _fixture.Worker(job, folder, leases, new InterruptedScorer(model.Scorer, shard =>
        {
            if (shard != 2)
                return;
            var samples = Scrape();
            Assert.Equal(0.5, samples["headscope_job_progress_ratio"]);
            Assert.Equal(1, samples["headscope_queue_shards"]); // the last; this one has begun
            Assert.Equal(1, samples["headscope_jobs{state=\"running\"}"]);
            Assert.Equal(1, samples["headscope_workers{device=\"test\"}"]);
            Assert.Equal(42, samples["headscope_device_memory_bytes{device=\"test\"}"]);
            checkedAt = shard;
        }), metered).RunAsync(default);
        Assert.Equal(2, checkedAt);
        Assert.Equal(1, Scrape()["headscope_job_progress_ratio"]);
    }

    [Fact]
    public async Task Run_ShardFailsTwice_CountsRetriesByCause()
    {
        var (job, folder) = await _fixture.SubmitAsync(JobFixture.TinyRequest with { ShardRows = 8, SkipHeads = true });
        using var model = new TestModel(job.Spec);
        using var metered = new MeteredJob(job.Spec, job.Plan, new JobFixture.Observer());
        var failures = 0;
        await _fixture.Worker(job, folder, _fixture.Leases(job, folder), new InterruptedScorer(model.Scorer, shard =>
        {
            if (shard == 1 && failures++ < 2)
                throw failures == 1 ? new OutOfMemoryException() : new InvalidOperationException("the device was lost");
        }), metered).RunAsync(default);
        var samples = Scrape();
        Assert.Equal(1, samples["headscope_shard_retries_total{cause=\"out_of_memory\"}"]);
        Assert.Equal(1, samples["headscope_shard_retries_total{cause=\"other\"}"]);
        Assert.Equal(2, samples["headscope_shards_total{state=\"failed\"}"]);
        Assert.Equal(3, samples["headscope_shards_total{state=\"done\"}"]);
        Assert.Equal(5, samples["headscope_shards_total{state=\"started\"}"]);
    }

    /// <summary>No room for more than two sequences: 5 are tried, then 2; the shard does not fail.</summary>
    [Fact]
    public async Task Run_BatchesThatDoNotFit_CountsThemAndNoFailure()
    {
        var (job, folder) = await _fixture.SubmitAsync(JobFixture.TinyRequest with { ShardRows = 8, SkipHeads = true });
        TestModel? model = null;
        using (model = new TestModel(job.Spec, backend => new WatchedBackend(backend, () =>
        {
            if (model?.Scorer.BatchSize > 2)
                throw new OutOfMemoryException();
        })))
        {
            using var metered = new MeteredJob(job.Spec, job.Plan, new JobFixture.Observer());
            await _fixture.Worker(job, folder, _fixture.Leases(job, folder), model.Scorer, metered).RunAsync(default);
        }

        var samples = Scrape();
        Assert.Equal(1, samples["headscope_batches_halved_total"]);
        Assert.Equal(0, samples["headscope_shard_retries_total{cause=\"out_of_memory\"}"]);
        Assert.Equal(3, samples["headscope_shards_total{state=\"done\"}"]);
        Assert.Equal(Rows * Positions, samples["headscope_tokens_scored_total"]);
    }

    [Fact]
    public async Task Run_ShardFailsForGood_CountsAFailureWithoutARetryAndAFailedJob()
    {
        var (job, folder) = await _fixture.SubmitAsync(JobFixture.TinyRequest with { ShardRows = 24, SkipHeads = true });
        using var model = new TestModel(job.Spec);
        using var metered = new MeteredJob(job.Spec, job.Plan, new JobFixture.Observer());
        var worker = _fixture.Worker(job, folder, _fixture.Leases(job, folder), new InterruptedScorer(model.Scorer, _ => throw new InvalidDataException("torn")), metered);
        metered.Left(await Assert.ThrowsAsync<JobStoppedException>(() => worker.RunAsync(default)));
        var samples = Scrape();
        Assert.Equal(JobFailures.Retries, samples["headscope_shard_retries_total{cause=\"data\"}"]);
        Assert.Equal(JobFailures.Retries + 1, samples["headscope_shards_total{state=\"failed\"}"]);
        Assert.True(samples["headscope_jobs{state=\"failed\"}"] >= 1);
    }

    [Fact]
    public async Task Store_Requests_AreTimedByWhatTheyAre()
    {
        IBlobStore store = new MeteredBlobStore(new FileBlobStore(_fixture.File("metered")));
        Assert.True(await store.TryCreateAsync("a/b", "one"u8.ToArray()));
        Assert.False(await store.TryCreateAsync("a/b", "two"u8.ToArray()));
        await store.WriteAsync("a/c", "three"u8.ToArray());
        Assert.Equal("one"u8.ToArray(), await store.TryReadAsync("a/b"));
        var bytes = new byte[2];
        await store.ReadRangeAsync("a/c", 1, bytes);
        Assert.Equal("hr"u8.ToArray(), bytes);
        await using (var stream = await store.OpenReadAsync("a/c"))
            Assert.Equal('t', stream.ReadByte());
        var names = new List<string>();
        await foreach (var blob in store.ListAsync("a/"))
            names.Add(blob.Name);
        Assert.Equal(["a/b", "a/c"], names.Order());
        await store.DeleteAsync("a/b");
        Assert.False(await store.ExistsAsync("a/b"));
        await Assert.ThrowsAsync<StoreException>(() => store.ReadRangeAsync("a/b", 0, bytes));

        var samples = Scrape();
        foreach (var (op, count) in new[] { ("create", 2), ("write", 1), ("read", 1), ("read_range", 2), ("open", 1), ("list", 1), ("delete", 1), ("exists", 1) })
            Assert.Equal(count, samples[$"headscope_store_request_seconds_count{{op=\"{op}\"}}"]);
    }

    PrometheusSamples Scrape() => PrometheusSamples.Parse(Encoding.UTF8.GetString(PrometheusText.Write(_collector.Collect(), PrometheusFormat.Text)));
}
