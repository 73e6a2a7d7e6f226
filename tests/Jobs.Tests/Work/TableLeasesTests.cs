using HeadScope.Jobs.Specs;
using HeadScope.Jobs.Work;

namespace HeadScope.Jobs.Tests.Work;

public class TableLeasesTests
{
    [Fact]
    public async Task TryLease_ShardsCommittedBefore_AreNotLeasedAgain()
    {
        using var fixture = new JobFixture();
        var (job, folder) = await fixture.SubmitAsync(JobFixture.TinyRequest with { ShardRows = 6, SkipHeads = true });
        await fixture.Jobs.Blobs.TryCreateAsync(folder.ShardStats(1), new byte[1]);
        await fixture.Jobs.Blobs.TryCreateAsync(folder.ShardStats(7), new byte[1]); // a stray of another plan
        var leases = Leases(fixture, folder, job.Plan, new ManualTime());
        foreach (var unit in new[] { "000000", "000002", "000003", null })
            Assert.Equal(unit, await NextAsync(leases));
        Assert.Equal((4, 1, 3, 6, false), (leases.Units, leases.Done, leases.Leased, leases.RowsDone, leases.IsComplete));
    }

    [Fact]
    public async Task TryLease_OthersWorkOnTheJobToo_FindsWhatTheyHaveDone()
    {
        using var fixture = new JobFixture();
        var (job, folder) = await fixture.SubmitAsync(JobFixture.TinyRequest with { ShardRows = 8, SkipHeads = true });
        var time = new ManualTime();
        var leases = Leases(fixture, folder, job.Plan, time);
        Assert.Equal("000000", await NextAsync(leases));
        foreach (var shard in new[] { 1, 2 })
            await fixture.Jobs.Blobs.TryCreateAsync(folder.ShardStats(shard), new byte[1]);
        time.Advance(TimeSpan.FromSeconds(5));
        Assert.Null(await NextAsync(leases));
        Assert.Equal(2, leases.Done);
    }

    [Fact]
    public async Task TryLease_CancelledJob_Stops()
    {
        using var fixture = new JobFixture();
        var (job, folder) = await fixture.SubmitAsync(JobFixture.TinyRequest with { SkipHeads = true });
        await fixture.Jobs.Blobs.TryCreateAsync(folder.Cancelled, "{}"u8.ToArray());
        Assert.True((await Assert.ThrowsAsync<JobStoppedException>(() => NextAsync(Leases(fixture, folder, job.Plan, new ManualTime())))).Cancelled);
    }

    static async Task<string?> NextAsync(TableLeases leases) => (await leases.TryLeaseAsync("worker", _ => false, default))?.Claim.Unit;

    static TableLeases Leases(JobFixture fixture, JobFolder folder, JobPlan plan, TimeProvider time) =>
        new(fixture.Jobs.Blobs, folder, new JobUnits(plan, WeightsColumns: false), time, TimeSpan.FromSeconds(60));
}
