using System.Collections.Concurrent;
using HeadScope.Grains.Contracts;
using HeadScope.Jobs;
using HeadScope.Jobs.Claims;
using HeadScope.Jobs.Work;

namespace HeadScope.Grains.Engine;

/// <summary>A job's units from its <see cref="IJobGrain"/>, for the workers of one silo.</summary>
internal sealed class GrainLeases(IGrainFactory grains, SiloAddress silo, JobFolder folder, JobUnits units) : IUnitLeases
{
    readonly ConcurrentDictionary<string, HeldUnit> _held = new();
    volatile JobProgress _progress = new(units.Count, 0, 0, 0, null);

    public int Units => units.Count;

    public bool IsComplete => _progress.Done >= units.Count;

    public int RowsDone => _progress.RowsDone;

    /// <summary>At most one too many: the columns of the weights count as a shard here.</summary>
    public int ShardsWaiting => Math.Clamp(units.Count - _progress.Done - _progress.Leased, 0, units.Plan.Shards);

    IJobGrain Grain => grains.GetGrain<IJobGrain>(folder.Id);

    public async Task<Lease?> TryLeaseAsync(string worker, CancellationToken cancellation)
    {
        if (await Tries.OrNullAsync(() => Grain.LeaseAsync(worker, silo)).ConfigureAwait(false) is not { } reply)
            return null;
        _progress = reply.Progress;
        if (reply.Stopped is { } why)
            throw new JobStoppedException(why) { Cancelled = reply.Cancelled };
        if (reply.Unit is not { } unit)
            return null;
        _held[unit.Unit] = unit;
        return new Lease(new Claim(unit.Unit, unit.Generation), units.RangeOf(unit.Unit));
    }

    public Task CompleteAsync(Lease lease, CancellationToken cancellation) => EndAsync(lease, (grain, unit) => grain.CompleteAsync(unit));

    public Task AbandonAsync(Lease lease, CancellationToken cancellation) => EndAsync(lease, (grain, unit) => grain.AbandonAsync(unit));

    public async Task RefreshAsync(CancellationToken cancellation) => Note(await Tries.OrNullAsync(() => Grain.StatusAsync()).ConfigureAwait(false));

    public async Task RenewAsync(CancellationToken cancellation) =>
        Note(await Tries.OrNullAsync(() => Grain.RenewAsync([.. _held.Values], silo)).ConfigureAwait(false));

    /// <summary>Where the grain cannot be told, it finds what is committed in the store, and leases lapse.</summary>
    async Task EndAsync(Lease lease, Func<IJobGrain, HeldUnit, Task<JobProgress>> end)
    {
        if (_held.TryRemove(lease.Claim.Unit, out var unit))
            Note(await Tries.OrNullAsync(() => end(Grain, unit)).ConfigureAwait(false));
    }

    void Note(JobProgress? progress) => _progress = progress ?? _progress;
}
