using HeadScope.Jobs.Leasing;
using HeadScope.Jobs.Records;
using HeadScope.Jobs.Specs;
using Microsoft.Extensions.Time.Testing;

namespace HeadScope.Jobs.Tests.Leasing;

public sealed class UnitDispatcherTests : IDisposable
{
    static readonly TimeSpan Duration = TimeSpan.FromSeconds(60);

    readonly JobFixture _fixture = new();
    readonly FakeTimeProvider _time = new();

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public async Task Next_ShardsCommittedBefore_AreNotHandedOutAgain()
    {
        var (job, folder) = await _fixture.SubmitAsync(JobFixture.TinyRequest with { ShardRows = 6, SkipHeads = true });
        await CommitAsync(folder, 1);
        await CommitAsync(folder, 7); // a stray of another plan
        var dispatcher = Dispatcher(folder, job.Plan);
        foreach (var unit in new[] { "000000", "000002", "000003", null })
            Assert.Equal(unit, await NextAsync(dispatcher));
        Assert.Equal(new UnitProgress(4, 1, 3, 6), dispatcher.Progress);
    }

    [Fact]
    public async Task Next_OthersWorkOnTheJobToo_FindsWhatTheyHaveDone()
    {
        var (job, folder) = await _fixture.SubmitAsync(JobFixture.TinyRequest with { ShardRows = 8, SkipHeads = true });
        var dispatcher = Dispatcher(folder, job.Plan);
        Assert.Equal("000000", await NextAsync(dispatcher));
        await CommitAsync(folder, 1);
        await CommitAsync(folder, 2);
        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.Null(await NextAsync(dispatcher));
        Assert.Equal(2, dispatcher.Progress.Done);
    }

    [Fact]
    public async Task Next_OthersHaveClaimedUnits_LeavesThemUntilTheyFallSilent()
    {
        var (job, folder) = await _fixture.SubmitAsync(JobFixture.TinyRequest with { ShardRows = 8, SkipHeads = true });
        var others = new BlobClaims(
            _fixture.Jobs.Blobs, folder, _time, Duration, ProcessIdentity.Current with { Scope = "another machine" });
        await others.TryClaimAsync("000000", "other", default);
        await others.TryClaimAsync("000002", "other", default);
        var dispatcher = Dispatcher(folder, job.Plan);
        var mine = (await dispatcher.NextAsync("worker", default))!;
        Assert.Equal("000001", mine.Unit);
        Assert.Null(await NextAsync(dispatcher));
        for (var i = 0; i < 3; i++)
        {
            _time.Advance(Duration / 2);
            await others.RenewAsync(default);
            Assert.True(dispatcher.Renew(mine, "worker"));
            Assert.Null(await NextAsync(dispatcher));
        }

        dispatcher.Complete(mine);
        _time.Advance(Duration);
        Assert.Equal("000000", await NextAsync(dispatcher));
        Assert.Equal("000002", await NextAsync(dispatcher));
    }

    /// <summary>
    /// What an earlier dispatcher has handed out is claimed, so that the next leaves it to its holders, and takes at once what was a dead
    /// member's.
    /// </summary>
    [Fact]
    public async Task Next_EarlierDispatcherOfTheClusterIsGone_LeavesItsUnitsToTheLiving()
    {
        var (job, folder) = await _fixture.SubmitAsync(JobFixture.TinyRequest with { ShardRows = 6, SkipHeads = true });
        foreach (var (unit, name) in new[] { ("000000", "living"), ("000001", "dead") })
            Assert.NotNull(await Claims(folder, name).TryClaimAsync(unit, name, default));
        var dispatcher = Dispatcher(folder, job.Plan);
        Assert.Equal("000001", await NextAsync(dispatcher));
        Assert.True(dispatcher.Renew(new Assignment("000000", 1), "living"));
        Assert.Equal(new UnitProgress(4, 0, 2, 0), dispatcher.Progress);
        dispatcher.Abandon(new Assignment("000000", 1));
        Assert.Equal("000000", await NextAsync(dispatcher));
    }

    [Fact]
    public async Task Next_WorkerIsKnownToBeGone_HandsOutItsUnitAtOnce()
    {
        var (job, folder) = await _fixture.SubmitAsync(JobFixture.TinyRequest with { ShardRows = 24, SkipHeads = true });
        var gone = new HashSet<string>();
        var dispatcher = Dispatcher(folder, job.Plan, gone.Contains);
        Assert.NotNull(await dispatcher.NextAsync("a", default));
        Assert.Null(await dispatcher.NextAsync("b", default));
        gone.Add("a");
        Assert.NotNull(await dispatcher.NextAsync("b", default));
    }

    [Fact]
    public async Task Next_CancelledJob_Stops()
    {
        var (job, folder) = await _fixture.SubmitAsync(JobFixture.TinyRequest with { SkipHeads = true });
        await _fixture.Jobs.Blobs.TryCreateAsync(folder.Cancelled, "{}"u8.ToArray());
        var dispatcher = Dispatcher(folder, job.Plan);
        for (var i = 0; i < 2; i++)
            Assert.True((await Assert.ThrowsAsync<JobStoppedException>(() => NextAsync(dispatcher))).Cancelled);
    }

    static async Task<string?> NextAsync(UnitDispatcher dispatcher) => (await dispatcher.NextAsync("worker", default))?.Unit;

    Task CommitAsync(JobFolder folder, int shard) => _fixture.Jobs.Blobs.TryCreateAsync(folder.ShardStats(shard), new byte[1]);

    UnitDispatcher Dispatcher(JobFolder folder, JobPlan plan, Func<string, bool>? isGone = null) => new(
        _fixture.Jobs.Blobs, folder, new JobUnits(plan, WeightsColumns: false), Claims(folder, "grain"), _time, Duration, isGone);

    /// <summary>Claims of a member of a cluster in which "dead" is known to have ended.</summary>
    BlobClaims Claims(JobFolder folder, string name) => new(
        _fixture.Jobs.Blobs, folder, _time, Duration, ProcessIdentity.Current with { Scope = $"machine of {name}" },
        new ClusterProcess(name, other => other == "dead"));
}
