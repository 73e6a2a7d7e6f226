using HeadScope.Jobs.Leasing;

namespace HeadScope.Jobs.Tests.Leasing;

public sealed class UnitLeasesTests : IDisposable
{
    readonly JobFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public async Task TryLease_TwoProcesses_HaveEachUnitOnceAndFindAllOfThemDone()
    {
        var (job, folder) = await _fixture.SubmitAsync(JobFixture.TinyRequest with { ShardRows = 1, SkipHeads = true });
        var processes = new[] { "a", "b" }.Select(
            name => (Name: name, Leases: _fixture.Leases(job, folder, process: ProcessIdentity.Current with { Scope = name }))).ToArray();
        var units = new List<string>();
        for (var turn = 0; ; turn++)
        {
            var (name, leases) = processes[turn % 2];
            if (await leases.TryLeaseAsync(name, default) is not { } lease)
                break;
            units.Add(lease.Claim.Unit);
            await _fixture.Jobs.Blobs.TryCreateAsync(folder.ShardStats(lease.Shard!.Value.Shard), new byte[1]);
            await leases.CompleteAsync(lease, default);
        }

        Assert.Equal(Enumerable.Range(0, 24).Select(JobFolder.ShardName), units.Order());
        foreach (var (_, leases) in processes)
        {
            await leases.RefreshAsync(default);
            Assert.Equal((true, 24, 0), (leases.IsComplete, leases.RowsDone, leases.ShardsWaiting));
        }

        Assert.Empty(await _fixture.BlobsAsync(folder.Claims));
    }

    [Fact]
    public async Task TryLease_UnitThatAnotherProcessHas_IsNeverHad()
    {
        var (job, folder) = await _fixture.SubmitAsync(JobFixture.TinyRequest with { ShardRows = 12, SkipHeads = true });
        var (mine, theirs) = (_fixture.Leases(job, folder), _fixture.Leases(
            job, folder, process: ProcessIdentity.Current with { Scope = "another machine" }));
        await mine.RefreshAsync(default); // it has looked, and knows of no claim
        var first = (await theirs.TryLeaseAsync("other", default))!;
        var second = (await mine.TryLeaseAsync("worker", default))!;
        Assert.NotEqual(first.Claim.Unit, second.Claim.Unit);
        Assert.Null(await mine.TryLeaseAsync("worker", default));
        await theirs.AbandonAsync(first, default);
        Lease? third = null;
        for (var waited = System.Diagnostics.Stopwatch.StartNew(); third is null; third = await mine.TryLeaseAsync("worker", default))
            Assert.True(waited.Elapsed < TimeSpan.FromMinutes(1), "the unit that was given back was not found");
        Assert.Equal(first.Claim.Unit, third.Claim.Unit);
    }

    [Fact]
    public async Task TryLease_ManyWorkersAtOnce_HaveAUnitEach()
    {
        var (job, folder) = await _fixture.SubmitAsync(JobFixture.TinyRequest with { ShardRows = 1, SkipHeads = true });
        var leases = _fixture.Leases(job, folder);
        var leased = await Task.WhenAll(Enumerable.Range(0, 32).Select(i => Task.Run(() => leases.TryLeaseAsync($"worker {i}", default))));
        Assert.Equal(Enumerable.Range(0, 24).Select(JobFolder.ShardName), leased.OfType<Lease>().Select(lease => lease.Claim.Unit).Order());
        Assert.Equal(0, leases.ShardsWaiting);
    }
}
