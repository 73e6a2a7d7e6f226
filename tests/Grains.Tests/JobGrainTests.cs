using HeadScope.Grains.Contracts;
using HeadScope.Jobs;
using HeadScope.Jobs.Status;
using Orleans.Core.Internal;

namespace HeadScope.Grains.Tests;

public class JobGrainTests
{
    [Fact]
    public async Task Work_TwoSilos_GiveTheBytesOfALocalRunAndAPreviewOfAllRows()
    {
        await using var cluster = await SmallCluster.StartAsync();
        var job = await cluster.SubmitAsync(LocalRun.Tiny with { ShardRows = 2 });
        await cluster.StartWorkAsync();
        var manifest = await cluster.UntilDoneAsync(job);
        Assert.Equal((await LocalRun.TinyManifestAsync()).Files, manifest.Files);

        var status = await cluster.Grains.GetGrain<IJobGrain>(job.Id).StatusAsync();
        Assert.Equal((13, 13, 0, 24), (status.Units, status.Done, status.Assigned, status.RowsDone));
        var preview = await PreviewAsync();
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        for (; preview.Rows < 24; preview = await PreviewAsync()) // that a shard was committed is told one way
            await Task.Delay(50, limit.Token);
        Assert.Equal(24, preview.Rows);
        var (spec, plan) = await cluster.Jobs.ReadAsync(job, default);
        var expected = new LivePreview(cluster.Jobs.Blobs, job, spec, plan, TimeProvider.System);
        Assert.Equal(JobJson.Write(await expected.ReadAsync(default)), JobJson.Write(preview));

        async Task<JobPreview> PreviewAsync() => (await cluster.Grains.GetGrain<IAggregatorGrain>(job.Id).PreviewAsync()).ToPreview();
    }

    [Fact]
    public async Task Deactivate_GrainsAgainAndAgain_LosesNothing()
    {
        await using var cluster = await SmallCluster.StartAsync();
        var job = await cluster.SubmitAsync(LocalRun.Tiny with { ShardRows = 1 });
        await cluster.StartWorkAsync();
        var times = 0;
        var manifest = await cluster.UntilDoneAsync(job, async () =>
        {
            await cluster.Grains.GetGrain<IJobGrain>(job.Id).AsReference<IGrainManagementExtension>().DeactivateOnIdle();
            await cluster.Grains.GetGrain<IAggregatorGrain>(job.Id).AsReference<IGrainManagementExtension>().DeactivateOnIdle();
            await cluster.Grains.GetGrain<IJobQueueGrain>(IJobQueueGrain.Key).AsReference<IGrainManagementExtension>().DeactivateOnIdle();
            times++;
        });
        Assert.True(times > 1, $"the grains were deactivated {times} times before the job was done");
        Assert.Equal((await LocalRun.TinyManifestAsync()).Files, manifest.Files);
    }

    /// <summary>
    /// A worker that nobody claims for in the store, and whose silo lives: its sign of life is all that a new activation has.
    /// </summary>
    [Fact]
    public async Task Renew_GrainThatCameBackToLife_TakesUpWhatIsRenewed()
    {
        await using var cluster = await SmallCluster.StartAsync();
        var job = await cluster.SubmitAsync(LocalRun.Tiny with { ShardRows = 12, SkipHeads = true });
        var grain = cluster.Grains.GetGrain<IJobGrain>(job.Id);
        var silo = await cluster.AnySiloAsync();
        var unit = (await grain.NextAsync("a", silo)).Unit!;
        await grain.AsReference<IGrainManagementExtension>().DeactivateOnIdle();
        Assert.Equal(1, (await grain.RenewAsync([unit], silo)).Assigned);
        Assert.Equal("000001", (await grain.NextAsync("b", silo)).Unit!.Unit);
        Assert.Null((await grain.NextAsync("c", silo)).Unit);
    }

    /// <summary>A silo that is none, as of an earlier life of the cluster: Orleans counts generations of long ago as dead.</summary>
    [Fact]
    public async Task Next_WorkersSiloIsDead_HandsOutItsUnitAtOnce()
    {
        await using var cluster = await SmallCluster.StartAsync();
        var job = await cluster.SubmitAsync(LocalRun.Tiny with { ShardRows = 24, SkipHeads = true });
        var grain = cluster.Grains.GetGrain<IJobGrain>(job.Id);
        var living = await cluster.AnySiloAsync();
        Assert.NotNull((await grain.NextAsync("a", living)).Unit);
        Assert.Null((await grain.NextAsync("b", living)).Unit);
        // Another silo was there before.
        await grain.RenewAsync([new HeldUnit("000000", 0, "a")], SiloAddress.New(living.Endpoint, living.Generation - 1));
        Assert.NotNull((await grain.NextAsync("b", living)).Unit);
    }

    [Fact]
    public async Task Next_CancelledJob_SaysSoAndGoesOnWhenReopened()
    {
        await using var cluster = await SmallCluster.StartAsync();
        var job = await cluster.SubmitAsync(LocalRun.Tiny);
        var grain = cluster.Grains.GetGrain<IJobGrain>(job.Id);
        var silo = await cluster.AnySiloAsync();
        Assert.NotNull((await grain.NextAsync("a", silo)).Unit);
        await new HeadScope.Jobs.Status.JobStatusReader(cluster.Jobs, TimeProvider.System).CancelAsync(job, null, default);
        await grain.ChangedAsync();
        var reply = await grain.NextAsync("a", silo);
        Assert.True(reply.Cancelled);
        Assert.Contains(job.Id, reply.Stopped, StringComparison.Ordinal);
        await cluster.Jobs.ReopenAsync(job, default);
        await grain.ChangedAsync();
        Assert.NotNull((await grain.NextAsync("a", silo)).Unit);
    }
}
