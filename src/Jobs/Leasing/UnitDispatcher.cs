using HeadScope.Jobs.Records;
using HeadScope.Jobs.Store;

namespace HeadScope.Jobs.Leasing;

/// <summary>
/// Hands out a job's units by a <see cref="UnitTable"/>. What others have done or claimed, and whether the job goes on, it reads from the
/// store at the start and from time to time; while it does, workers go on with what it knew.
/// </summary>
/// <param name="claims">Tell what others have claimed.</param>
/// <param name="duration">How long a worker may be silent; infinite for workers of this process.</param>
/// <param name="isGone">Which workers are known to be gone; null where none can be.</param>
/// <param name="presence">Tells whether the job is still the one that was opened; null where nobody deletes it.</param>
public sealed class UnitDispatcher(
    IBlobStore store, JobFolder folder, JobUnits units, BlobClaims claims, TimeProvider time, TimeSpan duration, Func<string,
    bool>? isGone = null,
    JobPresence? presence = null) : IUnitDispatcher
{
    /// <summary>How often to look, at the least, what others have done or said.</summary>
    static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(5);

    /// <summary>So few are asked for one by one rather than listed with all.</summary>
    const int FewUnits = 32;

    readonly UnitTable _table = new(units, time, duration, Random.Shared.Next());
    readonly SemaphoreSlim _looking = new(1, 1);
    readonly LookClock _stopLooks = new(time);
    readonly LookClock _doneLooks = new(time);
    volatile bool _hasLooked;

    public UnitProgress Progress => _table.Progress;

    public async Task<Assignment?> NextAsync(string worker, CancellationToken cancellation)
    {
        if (isGone is not null)
            _table.AbandonAll(isGone);
        await LookAsync(LookInterval, cancellation).ConfigureAwait(false);
        if (_table.TryAssign(worker) is { } assignment)
            return assignment;
        if (Progress.IsComplete)
            return null;
        await LookAsync(TimeSpan.Zero, cancellation).ConfigureAwait(false);
        return _table.TryAssign(worker);
    }

    /// <summary>A unit is done.</summary>
    /// <returns>Whether that was news.</returns>
    public bool Complete(Assignment assignment) => units.IndexOf(assignment.Unit) is { } unit && _table.Complete(unit);

    public void Abandon(Assignment assignment) => _table.Abandon(assignment);

    public void Refuse(Assignment assignment) => _table.Refuse(assignment);

    /// <summary>False where what the worker does is no longer needed.</summary>
    public bool Renew(Assignment assignment, string worker) => _table.Renew(assignment, worker);

    public async Task RefreshAsync(CancellationToken cancellation)
    {
        await _looking.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            await _stopLooks.LookAsync(() => ThrowIfStoppedAsync(cancellation)).ConfigureAwait(false);
            await _doneLooks.LookAsync(() => ReadAsync(cancellation)).ConfigureAwait(false);
            _hasLooked = true;
        }
        finally
        {
            _looking.Release();
        }
    }

    Task IUnitDispatcher.CompleteAsync(Assignment assignment, CancellationToken cancellation)
    {
        Complete(assignment);
        return Task.CompletedTask;
    }

    Task IUnitDispatcher.AbandonAsync(Assignment assignment, CancellationToken cancellation)
    {
        Abandon(assignment);
        return Task.CompletedTask;
    }

    Task IUnitDispatcher.RefuseAsync(Assignment assignment, CancellationToken cancellation)
    {
        Refuse(assignment);
        return Task.CompletedTask;
    }

    /// <summary>Nothing to do: the workers are of this process.</summary>
    Task IUnitDispatcher.RenewAsync(CancellationToken cancellation) => Task.CompletedTask;

    /// <summary>Looks at the store where the last look is so long ago, and nobody else does so.</summary>
    async Task LookAsync(TimeSpan interval, CancellationToken cancellation)
    {
        if (_hasLooked && !_stopLooks.IsDue(LookInterval) && !_doneLooks.IsDue(interval))
            return;
        if (!await _looking.WaitAsync(_hasLooked ? TimeSpan.Zero : Timeout.InfiniteTimeSpan, cancellation).ConfigureAwait(false))
            return;
        try
        {
            if (_stopLooks.IsDue(LookInterval))
                await _stopLooks.LookAsync(() => ThrowIfStoppedAsync(cancellation)).ConfigureAwait(false);
            if (_doneLooks.IsDue(interval))
                await _doneLooks.LookAsync(() => ReadAsync(cancellation)).ConfigureAwait(false);
            _hasLooked = true;
        }
        finally
        {
            _looking.Release();
        }
    }

    async Task ThrowIfStoppedAsync(CancellationToken cancellation)
    {
        if (presence is not null)
            await presence.ThrowIfGoneAsync(cancellation).ConfigureAwait(false);
        await JobUnits.ThrowIfStoppedAsync(store, folder, cancellation).ConfigureAwait(false);
    }

    async Task ReadAsync(CancellationToken cancellation)
    {
        var left = _table.Left;
        var done = left.Count <= FewUnits
            ? await units.DoneAsync(left, store, folder, cancellation).ConfigureAwait(false)
            : await units.DoneAsync(store, folder, cancellation).ConfigureAwait(false);
        foreach (var unit in done)
            _table.Complete(unit);
        var claimed = await claims.HeldUnitsAsync(_table.IsAssigned, cancellation).ConfigureAwait(false);
        _table.NoteClaims(claimed.Select(units.IndexOf).OfType<int>());
    }
}
