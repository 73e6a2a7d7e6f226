using HeadScope.Grains.Contracts;
using HeadScope.Grains.Engine;
using HeadScope.Jobs;
using HeadScope.Jobs.Leasing;
using HeadScope.Jobs.Work;
using Orleans.Core.Internal;

namespace HeadScope.Grains.Tests;

/// <summary>A cluster's leases: the job's grain says which unit to try, and the claims in the store whether a worker has it.</summary>
public class DispatchTests
{
    static readonly TimeSpan Duration = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task Lease_GrainGoesAgainAndAgain_GivesEachUnitOnce()
    {
        await using var cluster = await SmallCluster.StartAsync();
        var job = await cluster.SubmitAsync(LocalRun.Tiny with { ShardRows = 1, SkipHeads = true });
        var leases = await LeasesAsync(cluster, job);
        var units = new List<string>();
        while (units.Count < 24)
        {
            if (await leases.TryLeaseAsync("worker", default) is { } lease)
                units.Add(lease.Claim.Unit);
            if (units.Count % 5 == 0)
                await cluster.Grains.GetGrain<IJobGrain>(job.Id).AsReference<IGrainManagementExtension>().DeactivateOnIdle();
        }

        Assert.Equal(Enumerable.Range(0, 24).Select(JobFolder.ShardName), units.Order());
    }

    [Fact]
    public async Task Lease_ProcessesOutsideTheClusterAreAtTheJob_GivesThemAndItDifferentUnits()
    {
        await using var cluster = await SmallCluster.StartAsync();
        var job = await cluster.SubmitAsync(LocalRun.Tiny with { ShardRows = 1, SkipHeads = true });
        var (inside, outside) = (await LeasesAsync(cluster, job), await OutsideAsync(cluster, job));
        var held = new HashSet<string>();
        for (var i = 0; i < 12; i++)
        {
            foreach (var leases in new[] { inside, outside })
            {
                var lease = await leases.TryLeaseAsync("worker", default);
                Assert.True(held.Add(lease!.Claim.Unit), $"{lease.Claim.Unit} was leased twice");
            }
        }
    }

    [Fact]
    public async Task Work_ProcessesOutsideTheClusterWorkToo_TogetherGiveTheBytesOfALocalRun()
    {
        await using var cluster = await SmallCluster.StartAsync();
        var job = await cluster.SubmitAsync(LocalRun.Tiny with { ShardRows = 1 });
        var outside = new LocalEngine(cluster.Jobs, new EngineOptions { Workers = 1, Threads = 1 }, TimeProvider.System)
            .RunAsync(job, new LocalRun.Nobody(), default);
        await cluster.StartWorkAsync();
        Assert.Equal((await LocalRun.TinyManifestAsync()).Files, (await cluster.UntilDoneAsync(job)).Files);
        await outside;
        var preview = (await cluster.Grains.GetGrain<IAggregatorGrain>(job.Id).PreviewAsync()).ToPreview();
        Assert.Equal(24, preview.Rows);
    }

    static async Task<UnitLeases> LeasesAsync(SmallCluster cluster, JobFolder job)
    {
        var units = await UnitsAsync(cluster, job);
        var dispatcher = new GrainDispatcher(cluster.Grains, await cluster.AnySiloAsync(), job, units);
        return new UnitLeases(cluster.Jobs.Blobs, job, units, Claims(cluster, job, "inside"), dispatcher);
    }

    static async Task<UnitLeases> OutsideAsync(SmallCluster cluster, JobFolder job)
    {
        var (units, claims) = (await UnitsAsync(cluster, job), Claims(cluster, job, "outside"));
        return new UnitLeases(
            cluster.Jobs.Blobs, job, units, claims,
            new UnitDispatcher(cluster.Jobs.Blobs, job, units, claims, TimeProvider.System, Timeout.InfiniteTimeSpan));
    }

    static async Task<JobUnits> UnitsAsync(SmallCluster cluster, JobFolder job) =>
        new((await cluster.Jobs.ReadAsync(job, default)).Plan, WeightsColumns: false);

    static BlobClaims Claims(SmallCluster cluster, JobFolder job, string machine) =>
        new(cluster.Jobs.Blobs, job, TimeProvider.System, Duration, ProcessIdentity.Current with { Scope = machine });
}
