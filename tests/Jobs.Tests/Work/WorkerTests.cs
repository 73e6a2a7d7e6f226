using HeadScope.Jobs.Records;
using HeadScope.Jobs.Work;

namespace HeadScope.Jobs.Tests.Work;

public class WorkerTests
{
    [Fact]
    public async Task Run_ShardFailsThreeTimes_IsScoredAllTheSame()
    {
        using var fixture = new JobFixture();
        var (job, folder) = await fixture.SubmitAsync(JobFixture.TinyRequest with { ShardRows = 8, SkipHeads = true });
        using var model = new TestModel(job.Spec);
        var failures = 0;
        var observer = new JobFixture.Observer();
        await fixture.Worker(job, folder, fixture.Leases(job, folder), new InterruptedScorer(model.Scorer, shard =>
        {
            if (shard == 1 && failures++ < JobFailures.Retries)
                throw new InvalidOperationException("the device was lost");
        }), observer).RunAsync(default);
        Assert.Equal([0, 1, 2], observer.Committed.Order());
        Assert.Equal(JobFailures.Retries, observer.Failed.Count(failed => failed == "000001: the device was lost"));
    }

    [Fact]
    public async Task Run_ShardFailsFourTimes_FailsTheJobNamingShardAndCauseAndKeepsTheRest()
    {
        using var fixture = new JobFixture();
        var request = JobFixture.TinyRequest with { ShardRows = 8, SkipHeads = true };
        var (job, folder) = await fixture.SubmitAsync(request);
        using var model = new TestModel(job.Spec);
        var observer = new JobFixture.Observer();
        var worker = fixture.Worker(job, folder, fixture.Leases(job, folder), new InterruptedScorer(model.Scorer, shard =>
        {
            if (shard == 2)
                throw new InvalidOperationException("the device was lost");
        }), observer);
        var stopped = await Assert.ThrowsAsync<JobStoppedException>(() => worker.RunAsync(default));
        Assert.Contains("000002", stopped.Message, StringComparison.Ordinal);
        Assert.Contains("the device was lost", stopped.Message, StringComparison.Ordinal);

        // Others are told, until somebody reopens the job; then only what is missing is done.
        await Assert.ThrowsAsync<JobStoppedException>(
            () => fixture.Worker(job, folder, fixture.Leases(job, folder), model.Scorer, observer).RunAsync(default));
        Assert.Equal([0, 1], observer.Committed.Order());
        await fixture.Jobs.ReopenAsync(folder, default);
        await fixture.Worker(job, folder, fixture.Leases(job, folder), model.Scorer, observer).RunAsync(default);
        Assert.Equal([0, 1, 2], observer.Committed.Order());
    }

    [Fact]
    public async Task Run_TwoWorkersFinishOneShard_CommitItOnce()
    {
        using var fixture = new JobFixture();
        var (job, folder) = await fixture.SubmitAsync(JobFixture.TinyRequest with { ShardRows = 24, SkipHeads = true });
        using var model = new TestModel(job.Spec);
        using var other = new TestModel(job.Spec);
        JobFixture.Observer slow = new(), quick = new();

        // While the first is at work its lease lapses, and a second does the same shard from start to finish.
        await fixture.Worker(job, folder, fixture.Leases(job, folder), new InterruptedScorer(model.Scorer, _ =>
        {
            foreach (var claim in fixture.BlobsAsync(folder.Claims).Result)
                fixture.Jobs.Blobs.DeleteAsync(claim).Wait();
            fixture.Worker(job, folder, fixture.Leases(job, folder), other.Scorer, quick).RunAsync(default).Wait();
        }), slow).RunAsync(default);
        Assert.Equal([0], quick.Committed);
        Assert.Empty(slow.Committed);
        Assert.Equal(2, (await fixture.BlobsAsync(folder.Shards)).Count); // one .stats, one .scores
    }

    [Fact]
    public async Task Run_Cancelled_GivesItsClaimBack()
    {
        using var fixture = new JobFixture();
        var (job, folder) = await fixture.SubmitAsync(JobFixture.TinyRequest with { ShardRows = 8, SkipHeads = true });
        using var model = new TestModel(job.Spec);
        using var cancellation = new CancellationTokenSource();
        var worker = fixture.Worker(
            job, folder, fixture.Leases(job, folder), new InterruptedScorer(model.Scorer, _ => cancellation.Cancel()),
            new JobFixture.Observer());
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => worker.RunAsync(cancellation.Token));
        Assert.Empty(await fixture.BlobsAsync(folder.Claims));
        Assert.Empty(await fixture.BlobsAsync(folder.Failures));
    }

    [Fact]
    public async Task Lease_JobCancelled_Stops()
    {
        using var fixture = new JobFixture();
        var (job, folder) = await fixture.SubmitAsync(JobFixture.TinyRequest with { SkipHeads = true });
        await fixture.Jobs.Blobs.TryCreateAsync(folder.Cancelled, "{}"u8.ToArray());
        await Assert.ThrowsAsync<JobStoppedException>(() => fixture.Leases(job, folder).RefreshAsync(default));
    }
}
