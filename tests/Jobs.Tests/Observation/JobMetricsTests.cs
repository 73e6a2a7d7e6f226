using System.Diagnostics.Metrics;
using HeadScope.Jobs.Observation;
using HeadScope.Jobs.Records;
using HeadScope.Jobs.Store;
using HeadScope.Jobs.Telemetry;
using HeadScope.Jobs.Tests.Work;
using HeadScope.Jobs.Work;

namespace HeadScope.Jobs.Tests.Observation;

[Collection(TelemetryCollection.Name)]
public sealed class JobMetricsTests : IDisposable
{
    /// <summary>Rows, and predicted positions in each, of <see cref="JobFixture.TinyRequest"/>.</summary>
    const int Rows = 24, Positions = 63;

    readonly Measured _measured = new();
    readonly JobFixture _fixture = new();

    public void Dispose()
    {
        _measured.Dispose();
        _fixture.Dispose();
    }

    [Fact]
    public async Task Run_Job_CountsWhatItDid()
    {
        var doneBefore = _measured.Collect().GetValueOrDefault("headscope.jobs{state=done}");
        var (_, manifest) = await _fixture.RunAsync(JobFixture.TinyRequest with { ShardRows = 5 });
        var measured = _measured.Collect();
        Assert.Equal(manifest.Summary.Positions, measured["headscope.tokens.scored"]);
        Assert.Equal(Rows * Positions, measured["headscope.tokens.scored"]);
        Assert.Equal(5, measured["headscope.shards{state=started}"]);
        Assert.Equal(5, measured["headscope.shards{state=done}"]);
        Assert.Equal(0, measured["headscope.shards{state=failed}"]);
        Assert.Equal(5, measured["headscope.shard"]);
        Assert.Equal(1, measured["headscope.model.load"]);
        Assert.Equal(1, measured["headscope.reduce"]);
        Assert.Equal(doneBefore + 1, measured["headscope.jobs{state=done}"]);
        Assert.Equal(0, measured["headscope.jobs{state=running}"] + measured["headscope.jobs{state=reducing}"]);
        Assert.Equal(1, measured["headscope.job.progress_ratio"]);
        Assert.Equal(0, measured["headscope.queue.shards"]);
        var workers = measured.Where(series => series.Key.StartsWith("headscope.workers{", StringComparison.Ordinal));
        Assert.Equal(0, workers.Sum(series => series.Value));
        Assert.DoesNotContain(measured.Keys, series => series.Contains(manifest.Job, StringComparison.Ordinal));
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
            var measured = _measured.Collect();
            Assert.Equal(0.5, measured["headscope.job.progress_ratio"]);
            Assert.Equal(1, measured["headscope.queue.shards"]); // the last; this one has begun
            Assert.Equal(1, measured["headscope.jobs{state=running}"]);
            Assert.Equal(1, measured["headscope.workers{device=test}"]);
            Assert.Equal(42, measured["headscope.device.memory{device=test}"]);
            checkedAt = shard;
        }), metered).RunAsync(default);
        Assert.Equal(2, checkedAt);
        Assert.Equal(1, _measured.Collect()["headscope.job.progress_ratio"]);
    }

    /// <summary>As in a cluster, where whoever merges a job's shards also reduces it, beside the workers.</summary>
    [Fact]
    public async Task Reduce_InASessionOfItsOwn_LeavesTheJobDoneAndNothingWaiting()
    {
        var (job, folder) = await _fixture.SubmitAsync(JobFixture.TinyRequest with { ShardRows = 6, SkipHeads = true });
        using var model = new TestModel(job.Spec);
        using (var metered = new MeteredJob(job.Spec, job.Plan, new JobFixture.Observer()))
        {
            var leases = _fixture.Leases(job, folder);
            metered.Follow(leases);
            await _fixture.Worker(job, folder, leases, model.Scorer, metered).RunAsync(default);
            await using var session = await JobSession.OpenAsync(
                _fixture.Jobs, folder, new EngineOptions(), new JobFixture.Observer(), TimeProvider.System, default);
            Assert.NotNull(await session.TryReduceAsync(default));
            var reduced = _measured.Collect();
            Assert.Equal(1, reduced["headscope.job.progress_ratio"]);
            Assert.Equal(0, reduced["headscope.queue.shards"]);
        }

        Assert.Equal(1, _measured.Collect()["headscope.job.progress_ratio"]);
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
        var measured = _measured.Collect();
        Assert.Equal(1, measured["headscope.shard.retries{cause=out_of_memory}"]);
        Assert.Equal(1, measured["headscope.shard.retries{cause=other}"]);
        Assert.Equal(2, measured["headscope.shards{state=failed}"]);
        Assert.Equal(3, measured["headscope.shards{state=done}"]);
        Assert.Equal(5, measured["headscope.shards{state=started}"]);
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

        var measured = _measured.Collect();
        Assert.Equal(1, measured["headscope.batches.halved"]);
        Assert.Equal(0, measured["headscope.shard.retries{cause=out_of_memory}"]);
        Assert.Equal(3, measured["headscope.shards{state=done}"]);
        Assert.Equal(Rows * Positions, measured["headscope.tokens.scored"]);
    }

    [Fact]
    public async Task Run_ShardFailsForGood_CountsAFailureWithoutARetryAndAFailedJob()
    {
        var (job, folder) = await _fixture.SubmitAsync(JobFixture.TinyRequest with { ShardRows = 24, SkipHeads = true });
        using var model = new TestModel(job.Spec);
        using var metered = new MeteredJob(job.Spec, job.Plan, new JobFixture.Observer());
        var worker = _fixture.Worker(
            job, folder, _fixture.Leases(job, folder), new InterruptedScorer(model.Scorer, _ => throw new InvalidDataException("torn")),
            metered);
        metered.Left(await Assert.ThrowsAsync<JobStoppedException>(() => worker.RunAsync(default)));
        var measured = _measured.Collect();
        Assert.Equal(JobFailures.Retries, measured["headscope.shard.retries{cause=data}"]);
        Assert.Equal(JobFailures.Retries + 1, measured["headscope.shards{state=failed}"]);
        Assert.True(measured["headscope.jobs{state=failed}"] >= 1);
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

        var measured = _measured.Collect();
        foreach (var (op, count) in new[] { ("create", 2), ("write", 1), ("read", 1), ("read_range", 2), ("open", 1), ("list", 1), ("delete", 1), ("exists", 1) })
            Assert.Equal(count, measured[$"headscope.store.request{{op={op}}}"]);
    }

    /// <summary>A bug that makes a label of something unbounded must not fill memory.</summary>
    [Fact]
    public void Collect_MoreSeriesThanAllowed_CountsTheRestTogether()
    {
        const int Users = 1000;
        using var meter = new Meter(JobInstruments.MeterName);
        var counter = meter.CreateCounter<int>("requests");
        for (var user = 0; user < Users; user++)
            counter.Add(1, new KeyValuePair<string, object?>("user", user));
        var requests = _measured.Collect().Where(series => series.Key.StartsWith("requests{", StringComparison.Ordinal)).ToDictionary();
        Assert.Equal(ProductTelemetry.SeriesLimit + 1, requests.Count);
        Assert.Equal(1, requests["requests{user=0}"]);
        Assert.Equal(Users - ProductTelemetry.SeriesLimit, requests["requests{otel.metric.overflow=True}"]);
    }

}
