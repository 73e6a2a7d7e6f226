using HeadScope.Jobs.Claims;
using HeadScope.Jobs.Store;
using HeadScope.Tests.Support;

namespace HeadScope.Jobs.Tests.Claims;

public sealed class BlobClaimsTests : IDisposable
{
    static readonly TimeSpan Lease = TimeSpan.FromSeconds(60);
    static readonly JobFolder Folder = new("0123456789abcdef");

    readonly TemporaryFolder _files = new();
    readonly FileBlobStore _store;
    readonly ManualTime _time = new();

    public BlobClaimsTests() => _store = new FileBlobStore(_files.File("store"));

    public void Dispose() => _files.Dispose();

    [Fact]
    public async Task TryClaim_ManyAtOnce_OneWins()
    {
        for (var unit = 0; unit < 100; unit++)
        {
            var claims = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(() => Claims().TryClaimAsync($"unit{unit}", $"worker {i}", default))));
            Assert.Single(claims, claim => claim is not null);
        }
    }

    [Fact]
    public async Task TryClaim_HolderKeepsRenewing_IsNeverTakenOver()
    {
        var (holder, other) = (Claims(), Claims());
        await HoldElsewhere(holder, "unit");
        for (var i = 0; i < 10; i++)
        {
            Assert.Null(await other.TryClaimAsync("unit", "other", default));
            _time.Advance(Lease * 0.9);
            await Renew(i);
        }
    }

    [Fact]
    public async Task TryClaim_HolderIsSilentForTheLease_IsTakenOverByOne()
    {
        await HoldElsewhere(Claims(), "unit");
        var others = Enumerable.Range(0, 4).Select(_ => Claims()).ToArray();
        foreach (var other in others)
            Assert.Null(await other.TryClaimAsync("unit", "other", default));
        _time.Advance(Lease);
        var taken = await Task.WhenAll(others.Select(other => Task.Run(() => other.TryClaimAsync("unit", "other", default))));
        Assert.Single(taken, claim => claim is not null);
    }

    [Fact]
    public async Task TryClaim_HolderProcessHasEnded_IsTakenOverAtOnce()
    {
        var gone = ProcessIdentity.Current with { ProcessId = 1 << 22, Started = "1" };
        await _store.TryCreateAsync($"{Folder.Claims}unit.1", JobJson.Write(new BlobClaims.Holding("gone", gone, _time.GetUtcNow(), 0)));
        Assert.NotNull(await Claims().TryClaimAsync("unit", "other", default));
    }

    [Fact]
    public async Task TryClaim_ProcessNumberWasUsedAgain_IsTakenOverAtOnce()
    {
        var earlier = ProcessIdentity.Current with { Started = "1" };
        await _store.TryCreateAsync($"{Folder.Claims}unit.1", JobJson.Write(new BlobClaims.Holding("gone", earlier, _time.GetUtcNow(), 0)));
        Assert.NotNull(await Claims().TryClaimAsync("unit", "other", default));
    }

    [Fact]
    public async Task Release_ThenClaim_SucceedsAndLeavesNothingBehind()
    {
        var claims = Claims();
        var claim = await claims.TryClaimAsync("unit", "worker", default);
        await claims.ReleaseAsync(claim!, default);
        await claims.RenewAsync(default);
        await foreach (var blob in _store.ListAsync(Folder.Claims))
            Assert.Fail($"{blob.Name} is left");
        Assert.NotNull(await Claims().TryClaimAsync("unit", "other", default));
    }

    BlobClaims Claims() => new(_store, Folder, _time, Lease);

    /// <summary>A claim that a process on another machine holds.</summary>
    async Task HoldElsewhere(BlobClaims claims, string unit)
    {
        Assert.NotNull(await claims.TryClaimAsync(unit, "holder", default));
        await Renew(0);
    }

    Task Renew(int renewals) => _store.WriteAsync(
        $"{Folder.Claims}unit.1", JobJson.Write(new BlobClaims.Holding("holder", ProcessIdentity.Current with { Scope = "another machine" }, _time.GetUtcNow(), renewals)));
}
