using HeadScope.Jobs.Claims;
using HeadScope.Jobs.Pool;
using HeadScope.Jobs.Store;

namespace HeadScope.Jobs.Work;

/// <summary>
/// A job's leases for many workers at once, by a <see cref="LeaseTable"/>. What is done is read from the store at the start and from
/// time to time, so that nothing is lost when this ends and another begins, or when others work on the job in other ways.
/// </summary>
public sealed class TableLeases(IBlobStore store, JobFolder folder, JobUnits units, TimeProvider time, TimeSpan duration)
{
    /// <summary>How often to look, at the least, what others have done or said.</summary>
    static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(5);

    readonly LeaseTable _table = new(units, time, duration, Random.Shared.Next());
    readonly RateMeter _rows = new(time);
    readonly SemaphoreSlim _gate = new(1, 1);
    readonly LookClock _stopLooks = new(time);
    readonly LookClock _doneLooks = new(time);

    public int Units => _table.Units;

    public bool IsComplete => _table.IsComplete;

    public int Done => _table.Done;

    public int Leased => _table.Leased;

    public int RowsDone => _table.RowsDone;

    /// <summary>By all workers, lately; null where none has done anything for a while.</summary>
    public double? RowsPerSecond => _rows.PerSecond;

    /// <summary>The next unit to work on; null when all are done or others have what is left.</summary>
    /// <param name="isGone">Which workers are known to be gone.</param>
    /// <exception cref="JobStoppedException">The job was cancelled or has failed.</exception>
    public async Task<Lease?> TryLeaseAsync(string worker, Func<string, bool> isGone, CancellationToken cancellation)
    {
        _table.AbandonAll(isGone);
        if (_stopLooks.IsDue(LookInterval) || _doneLooks.IsDue(LookInterval))
            await RefreshAsync(always: false, cancellation).ConfigureAwait(false);
        return _table.TryLease(worker);
    }

    /// <summary>False where what the worker does is no longer needed.</summary>
    public bool Renew(Claim claim, string worker) => _table.Renew(claim, worker);

    /// <summary>A unit was done.</summary>
    /// <returns>Whether that was news.</returns>
    public bool Complete(Claim claim)
    {
        var isNews = units.IndexOf(claim.Unit) is { } unit && _table.Complete(unit);
        if (isNews && units.RangeOf(claim.Unit) is { } shard)
            _rows.Add(shard.Rows);
        return isNews;
    }

    public void Abandon(Claim claim) => _table.Abandon(claim);

    /// <summary>Reads from the store which units are done.</summary>
    /// <exception cref="JobStoppedException">The job was cancelled or has failed.</exception>
    public Task RefreshAsync(CancellationToken cancellation) => RefreshAsync(always: true, cancellation);

    async Task RefreshAsync(bool always, CancellationToken cancellation)
    {
        await _gate.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            if (always || _stopLooks.IsDue(LookInterval))
                await _stopLooks.LookAsync(() => JobUnits.ThrowIfStoppedAsync(store, folder, cancellation)).ConfigureAwait(false);
            if (always || _doneLooks.IsDue(LookInterval))
                await _doneLooks.LookAsync(() => LookAsync(cancellation)).ConfigureAwait(false);
        }
        finally
        {
            _gate.Release();
        }
    }

    async Task LookAsync(CancellationToken cancellation)
    {
        foreach (var unit in await units.DoneAsync(store, folder, cancellation).ConfigureAwait(false))
            _table.Complete(unit);
    }
}
