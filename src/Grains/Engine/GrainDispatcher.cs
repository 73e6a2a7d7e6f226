using System.Collections.Concurrent;
using HeadScope.Grains.Contracts;
using HeadScope.Jobs;
using HeadScope.Jobs.Leasing;
using HeadScope.Jobs.Records;

namespace HeadScope.Grains.Engine;

/// <summary>Asks a job's <see cref="IJobGrain"/> which unit to try next, for the workers of one silo.</summary>
internal sealed class GrainDispatcher(IGrainFactory grains, SiloAddress silo, JobFolder folder, JobUnits units) : IUnitDispatcher
{
    readonly ConcurrentDictionary<Assignment, HeldUnit> _held = new();
    volatile UnitProgress _progress = new(units.Count, 0, 0, 0);

    public UnitProgress Progress => _progress;

    IJobGrain Grain => grains.GetGrain<IJobGrain>(folder.Id);

    public async Task<Assignment?> NextAsync(string worker, CancellationToken cancellation)
    {
        if (await Tries.OrNullAsync(() => Grain.NextAsync(worker, silo)).ConfigureAwait(false) is not { } reply)
            return null;
        Note(reply.Progress);
        if (reply.Stopped is { } why)
            throw new JobStoppedException(why) { Cancelled = reply.Cancelled };
        if (reply.Unit is not { } unit)
            return null;
        var assignment = new Assignment(unit.Unit, unit.Generation);
        _held[assignment] = unit;
        return assignment;
    }

    public Task CompleteAsync(Assignment assignment, CancellationToken cancellation) =>
        EndAsync(assignment, (grain, unit) => grain.CompleteAsync(unit));

    public Task AbandonAsync(Assignment assignment, CancellationToken cancellation) =>
        EndAsync(assignment, (grain, unit) => grain.AbandonAsync(unit));

    public Task RefuseAsync(Assignment assignment, CancellationToken cancellation) =>
        EndAsync(assignment, (grain, unit) => grain.RefuseAsync(unit));

    public async Task RefreshAsync(CancellationToken cancellation) =>
        Note(await Tries.OrNullAsync(() => Grain.StatusAsync()).ConfigureAwait(false));

    public async Task RenewAsync(CancellationToken cancellation) =>
        Note(await Tries.OrNullAsync(() => Grain.RenewAsync([.. _held.Values], silo)).ConfigureAwait(false));

    /// <summary>Where the grain cannot be told, it finds in the store what is committed, and assignments lapse.</summary>
    async Task EndAsync(Assignment assignment, Func<IJobGrain, HeldUnit, Task<JobProgress>> end)
    {
        if (_held.TryRemove(assignment, out var unit))
            Note(await Tries.OrNullAsync(() => end(Grain, unit)).ConfigureAwait(false));
    }

    void Note(JobProgress? progress)
    {
        if (progress is not null)
            _progress = new UnitProgress(progress.Units, progress.Done, progress.Assigned, progress.RowsDone);
    }
}
