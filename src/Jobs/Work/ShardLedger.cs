using HeadScope.Jobs.Claims;
using HeadScope.Jobs.Specs;
using HeadScope.Jobs.Store;

namespace HeadScope.Jobs.Work;

/// <summary>
/// Which of a job's units are done, as far as this process knows, and which of the others its workers may have next. Units are the
/// shards and, besides, the columns of the weights.
/// </summary>
public sealed class ShardLedger(IBlobStore store, JobFolder folder, JobPlan plan, BlobClaims claims, bool weightsColumns, TimeProvider time) : IUnitLeases
{
    /// <summary>How often to look, at the least, whether the job was cancelled or has failed elsewhere.</summary>
    static readonly TimeSpan RefreshInterval = TimeSpan.FromSeconds(5);

    readonly JobUnits _units = new(plan, weightsColumns);
    readonly SemaphoreSlim _gate = new(1, 1);
    readonly HashSet<string> _done = [];
    readonly HashSet<string> _leased = []; // to workers of this process
    readonly HashSet<string> _foreign = []; // seen claimed by others at the last look at the store, or since
    long? _refreshed;
    int _firstOpen; // shards before this are done
    int _rowsDone;
    int _shardsOpen = plan.Shards; // neither done nor leased to workers of this process

    public int Units => _units.Count;

    /// <summary>Whether all units were done when this process last looked.</summary>
    public bool IsComplete => _done.Count == Units;

    /// <summary>Rows of the shards that were done when this process last looked.</summary>
    public int RowsDone => Volatile.Read(ref _rowsDone);

    /// <summary>Shards that are not done, as far as this process knows, and that none of its workers has.</summary>
    public int ShardsWaiting => Volatile.Read(ref _shardsOpen);

    public async Task<Lease?> TryLeaseAsync(string worker, CancellationToken cancellation)
    {
        await _gate.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            if (_refreshed is not { } last || time.GetElapsedTime(last) >= RefreshInterval)
                await RefreshAsync(cancellation).ConfigureAwait(false);
            if (await TryClaimNextAsync(worker, cancellation).ConfigureAwait(false) is { } lease)
                return lease;
            await RefreshAsync(cancellation).ConfigureAwait(false);
            return null;
        }
        finally
        {
            _gate.Release();
        }
    }

    public Task CompleteAsync(Lease lease, CancellationToken cancellation) => EndAsync(lease, done: true, cancellation);

    public Task AbandonAsync(Lease lease, CancellationToken cancellation) => EndAsync(lease, done: false, cancellation);

    /// <summary>Reads from the store which units are done.</summary>
    public async Task RefreshAsync(CancellationToken cancellation)
    {
        foreach (var unit in await _units.DoneAsync(store, folder, cancellation).ConfigureAwait(false))
            MarkDone(unit);
        CountOpen();
        _foreign.Clear();
        _foreign.UnionWith(await claims.HeldUnitsAsync(cancellation).ConfigureAwait(false));
        _refreshed = time.GetTimestamp();
    }

    /// <summary>Nothing to do: claims are renewed by whoever made them.</summary>
    public Task RenewAsync(CancellationToken cancellation) => Task.CompletedTask;

    /// <summary>The shards whose statistics are in the store.</summary>
    public static async Task<List<int>> CommittedShardsAsync(IBlobStore store, JobFolder folder, CancellationToken cancellation)
    {
        var shards = new List<int>();
        await foreach (var blob in store.ListAsync(folder.Shards, cancellation).ConfigureAwait(false))
        {
            var name = blob.Name.AsSpan(folder.Shards.Length);
            if (name.EndsWith(".stats", StringComparison.Ordinal) && int.TryParse(name[..^".stats".Length], System.Globalization.CultureInfo.InvariantCulture, out var shard))
                shards.Add(shard);
        }

        shards.Sort();
        return shards;
    }

    async Task<Lease?> TryClaimNextAsync(string worker, CancellationToken cancellation)
    {
        foreach (var unit in UnitNames())
        {
            if (_done.Contains(unit) || _leased.Contains(unit) || _foreign.Contains(unit))
                continue;
            var claim = await claims.TryClaimAsync(unit, worker, cancellation).ConfigureAwait(false);
            if (claim is null)
            {
                _foreign.Add(unit);
                continue;
            }

            var shard = _units.RangeOf(unit);
            var result = shard is { } range ? folder.ShardStats(range.Shard) : folder.WeightsColumns;
            if (await store.ExistsAsync(result, cancellation).ConfigureAwait(false))
            {
                // Its last holder committed, and gave the claim back, after this process last looked.
                MarkDone(unit);
                await claims.ReleaseAsync(claim, cancellation).ConfigureAwait(false);
                continue;
            }

            _leased.Add(unit);
            CountOpen();
            return new Lease(claim, shard);
        }

        return null;
    }

    IEnumerable<string> UnitNames()
    {
        while (_firstOpen < plan.Shards && _done.Contains(JobFolder.ShardName(_firstOpen)))
            _firstOpen++;
        return _units.From(_firstOpen);
    }

    void MarkDone(string unit)
    {
        if (_done.Add(unit) && _units.RangeOf(unit) is { } range)
            Volatile.Write(ref _rowsDone, _rowsDone + range.Rows);
    }

    /// <summary>A unit may be done and still leased, where others have finished what a worker here is at.</summary>
    void CountOpen()
    {
        var taken = _done.Count + _leased.Count(unit => !_done.Contains(unit));
        var weights = weightsColumns && !_done.Contains(JobUnits.WeightsUnit) && !_leased.Contains(JobUnits.WeightsUnit) ? 1 : 0;
        Volatile.Write(ref _shardsOpen, Units - taken - weights);
    }

    async Task EndAsync(Lease lease, bool done, CancellationToken cancellation)
    {
        await claims.ReleaseAsync(lease.Claim, cancellation).ConfigureAwait(false);
        await _gate.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            _leased.Remove(lease.Claim.Unit);
            _foreign.Remove(lease.Claim.Unit);
            if (done)
                MarkDone(lease.Claim.Unit);
            CountOpen();
        }
        finally
        {
            _gate.Release();
        }
    }
}

/// <summary>A unit of work and the claim to it.</summary>
/// <param name="Shard">Null for the columns of the weights.</param>
public sealed record Lease(Claim Claim, ShardRange? Shard);

/// <summary>Why a job failed, as its folder says.</summary>
public sealed record JobFailure(string Unit, int Attempts, string Message, DateTimeOffset When);

/// <summary>The job cannot go on: it failed or was cancelled. What was finished is kept.</summary>
public sealed class JobStoppedException(string message, Exception? cause = null) : Exception(message, cause)
{
    /// <summary>Whether somebody cancelled it.</summary>
    public bool Cancelled { get; init; }
}
