using HeadScope.Jobs.Leasing;
using HeadScope.Jobs.Store;
using HeadScope.Jobs.Tests.Store;
using HeadScope.Tests.Support;
using Microsoft.Extensions.Time.Testing;

namespace HeadScope.Jobs.Tests.Leasing;

/// <summary>Claims, which rest on what every store promises.</summary>
public abstract class BlobClaimsTests
{
    static readonly TimeSpan Lease = TimeSpan.FromSeconds(60);
    static readonly JobFolder Folder = new("0123456789abcdef");

    readonly FakeTimeProvider _time = new();

    /// <summary>A store that is empty.</summary>
    protected abstract Task<IBlobStore> OpenAsync();

    [SkippableFact]
    public async Task TryClaim_ManyAtOnce_OneWins()
    {
        var store = await OpenAsync();
        for (var unit = 0; unit < 10; unit++)
        {
            var claims = await Task.WhenAll(
                Enumerable.Range(0, 8).Select(i => Task.Run(() => Claims(store).TryClaimAsync($"unit{unit}", $"worker {i}", default))));
            Assert.Single(claims, claim => claim is not null);
        }
    }

    [SkippableFact]
    public async Task TryClaim_HolderKeepsRenewing_IsNeverTakenOver()
    {
        var store = await OpenAsync();
        var other = Claims(store);
        await RenewElsewhereAsync(store, 0);
        for (var i = 0; i < 10; i++)
        {
            Assert.Null(await other.TryClaimAsync("unit", "other", default));
            _time.Advance(Lease * 0.9);
            await RenewElsewhereAsync(store, i + 1);
        }
    }

    [SkippableFact]
    public async Task TryClaim_HolderIsSilentForTheLease_IsTakenOverByOne()
    {
        var store = await OpenAsync();
        await RenewElsewhereAsync(store, 0);
        var others = Enumerable.Range(0, 4).Select(_ => Claims(store)).ToArray();
        foreach (var other in others)
            Assert.Null(await other.TryClaimAsync("unit", "other", default));
        _time.Advance(Lease);
        var taken = await Task.WhenAll(others.Select(other => Task.Run(() => other.TryClaimAsync("unit", "other", default))));
        Assert.Single(taken, claim => claim is not null);
    }

    /// <summary>Two machines whose clocks are hours apart; the time that passes is the same for both.</summary>
    [SkippableTheory]
    [InlineData(7)]
    [InlineData(-7)]
    public async Task TryClaim_HoldersClockIsHoursAway_OnlyItsSilenceCounts(int hours)
    {
        var store = await OpenAsync();
        var elsewhere = new FakeTimeProvider(_time.Start + TimeSpan.FromHours(hours));
        var (holder, other) = (new BlobClaims(store, Folder, elsewhere, Lease, Elsewhere), Claims(store));
        var held = await holder.TryClaimAsync("unit", "holder", default);
        for (var i = 0; i < 10; i++)
        {
            Assert.Null(await other.TryClaimAsync("unit", "other", default));
            Pass(Lease * 0.9);
            await holder.RenewAsync(default);
        }

        // It falls silent. The other takes over when a lease has passed since it last saw a sign of life, and not before.
        Assert.Null(await other.TryClaimAsync("unit", "other", default));
        Pass(Lease * 0.99);
        Assert.Null(await other.TryClaimAsync("unit", "other", default));
        Pass(Lease * 0.01);
        var taken = await other.TryClaimAsync("unit", "other", default);
        Assert.NotNull(taken);

        // Back again, the first holder sees by its own clock that the other is alive; when that gives the unit back, it is free for all.
        for (var i = 0; i < 3; i++)
        {
            Assert.Null(await holder.TryClaimAsync("unit", "holder", default));
            Pass(Lease * 0.9);
            await other.RenewAsync(default);
        }

        await holder.ReleaseAsync(held!, default);
        Assert.Null(await new BlobClaims(store, Folder, elsewhere, Lease, Elsewhere).TryClaimAsync("unit", "third", default));
        await other.ReleaseAsync(taken, default);
        Assert.NotNull(await holder.TryClaimAsync("unit", "holder", default));

        void Pass(TimeSpan time)
        {
            _time.Advance(time);
            elsewhere.Advance(time);
        }
    }

    [SkippableFact]
    public async Task TryClaim_HolderProcessHasEnded_IsTakenOverAtOnce()
    {
        var store = await OpenAsync();
        await RenewAsync(store, ProcessIdentity.Current with { ProcessId = 1 << 22, Started = "1" }, 0);
        Assert.NotNull(await Claims(store).TryClaimAsync("unit", "other", default));
    }

    [SkippableFact]
    public async Task TryClaim_ProcessNumberWasUsedAgain_IsTakenOverAtOnce()
    {
        var store = await OpenAsync();
        await RenewAsync(store, ProcessIdentity.Current with { Started = "1" }, 0);
        Assert.NotNull(await Claims(store).TryClaimAsync("unit", "other", default));
    }

    [SkippableFact]
    public async Task TryClaim_ProcessOfAnotherMachineIsNotHere_IsNotTakenForDead()
    {
        var store = await OpenAsync();
        await RenewAsync(store, Elsewhere with { ProcessId = 1 << 22, Started = "1" }, 0);
        Assert.Null(await Claims(store).TryClaimAsync("unit", "other", default));
    }

    /// <summary>Claims save work, and do not guard it: one that is damaged costs a lease, not the job.</summary>
    [SkippableTheory]
    [InlineData("")]
    [InlineData("{ no")]
    [InlineData("null")]
    [InlineData("{\"worker\": null, \"process\": {}, \"since\": 7, \"renewals\": 1e99}")]
    public async Task TryClaim_ClaimIsDamaged_LapsesLikeAnyOther(string content)
    {
        var store = await OpenAsync();
        await store.WriteAsync($"{Folder.Claims}unit.1", System.Text.Encoding.UTF8.GetBytes(content));
        await AssertLapsesAsync(store);
    }

    [SkippableFact]
    public async Task TryClaim_ClaimIsHuge_LapsesUnread()
    {
        var store = await OpenAsync();
        await store.WriteAsync($"{Folder.Claims}unit.1", new byte[10_000_000]);
        await AssertLapsesAsync(store);
    }

    /// <summary>Names that a claim could have, of numbers that no claim reaches: nobody counts up to them, or deletes so many.</summary>
    [SkippableTheory]
    [InlineData("2147483647")]
    [InlineData("1000000")]
    [InlineData("-1")]
    [InlineData(" 5")]
    [InlineData("+5")]
    public async Task TryClaim_ABlobOfAnImpossibleNumber_IsNoClaim(string number)
    {
        var store = await OpenAsync();
        await store.WriteAsync(
            $"{Folder.Claims}unit.{number}", JobJson.Write(new BlobClaims.Holding("holder", Elsewhere, _time.GetUtcNow(), 0)));
        var claims = Claims(store);
        Assert.Empty(await claims.HeldUnitsAsync(_ => false, default));
        var claim = await claims.TryClaimAsync("unit", "worker", default);
        Assert.Equal(1, claim!.Generation);
        await claims.ReleaseAsync(claim, default);
    }

    [SkippableFact]
    public async Task TryClaim_TheLastPossibleClaimHasLapsed_BeginsAnew()
    {
        var store = await OpenAsync();
        await store.WriteAsync(
            $"{Folder.Claims}unit.1000", JobJson.Write(new BlobClaims.Holding("holder", Elsewhere, _time.GetUtcNow(), 0)));
        await AssertLapsesAsync(store);
    }

    [SkippableFact]
    public async Task TryClaim_MemberOfTheSameClusterHasEnded_IsTakenOverAtOnce()
    {
        var store = await OpenAsync();
        var gone = new HashSet<string>();
        var (a, b, stranger) = (Member("a"), Member("b"), new BlobClaims(store, Folder, _time, Lease, Elsewhere));
        Assert.NotNull(await a.TryClaimAsync("unit", "worker", default));
        Assert.Null(await b.TryClaimAsync("unit", "other", default));
        Assert.Equal(["unit"], await b.HeldUnitsAsync(_ => false, default));
        Assert.Equal(["unit"], await stranger.HeldUnitsAsync(_ => false, default));
        gone.Add("a");
        Assert.Empty(await b.HeldUnitsAsync(_ => false, default));
        Assert.Equal(["unit"], await stranger.HeldUnitsAsync(_ => false, default)); // it cannot know
        Assert.NotNull(await b.TryClaimAsync("unit", "other", default));
        Assert.Null(await a.TryClaimAsync("unit", "worker", default));

        BlobClaims Member(string name) =>
            new(store, Folder, _time, Lease, Elsewhere with { Host = name }, new ClusterProcess(name, gone.Contains));
    }

    [SkippableFact]
    public async Task HeldUnits_AreThoseWhoseHoldersGiveSignsOfLife()
    {
        var store = await OpenAsync();
        var (mine, other) = (Claims(store), new BlobClaims(store, Folder, _time, Lease, Elsewhere));
        await mine.TryClaimAsync("a.b", "mine", default);
        var gone = await other.TryClaimAsync("gone", "other", default);
        await other.TryClaimAsync("silent", "other", default);
        Assert.Equal(["a.b", "gone", "silent"], (await mine.HeldUnitsAsync(_ => false, default)).Order());

        await other.ReleaseAsync(gone!, default);
        Assert.Equal(["a.b", "silent"], (await mine.HeldUnitsAsync(_ => false, default)).Order());
        _time.Advance(Lease);
        await mine.RenewAsync(default);
        Assert.Equal(["a.b"], await mine.HeldUnitsAsync(_ => false, default));
        Assert.NotNull(await mine.TryClaimAsync("silent", "mine", default));
    }

    [SkippableFact]
    public async Task Release_ThenClaim_SucceedsAndLeavesNothingBehind()
    {
        var store = await OpenAsync();
        var claims = Claims(store);
        var claim = await claims.TryClaimAsync("unit", "worker", default);
        await claims.ReleaseAsync(claim!, default);
        await claims.RenewAsync(default);
        await foreach (var blob in store.ListAsync(Folder.Claims))
            Assert.Fail($"{blob.Name} is left");
        Assert.NotNull(await Claims(store).TryClaimAsync("unit", "other", default));
    }

    async Task AssertLapsesAsync(IBlobStore store)
    {
        var claims = Claims(store);
        Assert.Equal(["unit"], await claims.HeldUnitsAsync(_ => false, default));
        Assert.Null(await claims.TryClaimAsync("unit", "worker", default));
        _time.Advance(Lease);
        Assert.Empty(await claims.HeldUnitsAsync(_ => false, default));
        var claim = await claims.TryClaimAsync("unit", "worker", default);
        Assert.NotNull(claim);
        await claims.ReleaseAsync(claim, default);
        await foreach (var blob in store.ListAsync(Folder.Claims))
            Assert.Fail($"{blob.Name} is left");
    }

    static ProcessIdentity Elsewhere { get; } = ProcessIdentity.Current with { Host = "elsewhere", Scope = "another machine" };

    BlobClaims Claims(IBlobStore store) => new(store, Folder, _time, Lease);

    /// <summary>A claim that a process on another machine holds.</summary>
    Task RenewElsewhereAsync(IBlobStore store, int renewals) => RenewAsync(store, Elsewhere, renewals);

    Task RenewAsync(IBlobStore store, ProcessIdentity process, int renewals) =>
        store.WriteAsync($"{Folder.Claims}unit.1", JobJson.Write(new BlobClaims.Holding("holder", process, _time.GetUtcNow(), renewals)));
}

public sealed class FileBlobClaimsTests : BlobClaimsTests, IDisposable
{
    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    protected override Task<IBlobStore> OpenAsync() => Task.FromResult<IBlobStore>(new FileBlobStore(_folder.File("store")));
}

[Collection(AzuriteTests.Name)]
public sealed class AzureBlobClaimsTests(SharedAzurite azurite) : BlobClaimsTests
{
    protected override async Task<IBlobStore> OpenAsync() => await azurite.OpenAsync(SharedAzurite.NewContainer());
}
