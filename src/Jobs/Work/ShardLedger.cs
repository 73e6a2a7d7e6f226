using System.Globalization;
using HeadScope.Jobs.Claims;
using HeadScope.Jobs.Specs;
using HeadScope.Jobs.Store;

namespace HeadScope.Jobs.Work;

/// <summary>
/// Which of a job's units are done, as far as this process knows, and which of the others its workers may have next. Units are the
/// shards and, besides, the columns of the weights.
/// </summary>
/// <remarks>
/// Units are handed out in order. Where others turn out to be at the same units, it goes on at a random place: many processes that
/// all went through the units in one order would try for each that the others have.
/// </remarks>
public sealed class ShardLedger(IBlobStore store, JobFolder folder, JobPlan plan, BlobClaims claims, bool weightsColumns, TimeProvider time) : IUnitLeases
{
    /// <summary>How often to look, at the least, whether the job was cancelled or has failed elsewhere, and what others have done.</summary>
    static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(5);

    /// <summary>So few are asked for one by one rather than listed with all.</summary>
    const int FewUnits = 32;

    readonly JobUnits _units = new(plan, weightsColumns);
    readonly SemaphoreSlim _gate = new(1, 1);
    readonly UnitState[] _states = new UnitState[new JobUnits(plan, weightsColumns).Count];
    readonly LookClock _stopLooks = new(time);
    readonly LookClock _doneLooks = new(time);
    int _next; // where to look for a unit first
    int _done;
    int _rowsDone;
    int _shardsOpen = plan.Shards; // neither done nor leased to workers of this process

    [Flags]
    enum UnitState : byte
    {
        Open = 0,
        Done = 1,

        /// <summary>To a worker of this process.</summary>
        Leased = 2,

        /// <summary>Seen claimed by others at the last look at the store, or since.</summary>
        Foreign = 4,
    }

    public int Units => _states.Length;

    /// <summary>Whether all units were done when this process last looked.</summary>
    public bool IsComplete => Volatile.Read(ref _done) == Units;

    /// <summary>Rows of the shards that were done when this process last looked.</summary>
    public int RowsDone => Volatile.Read(ref _rowsDone);

    /// <summary>Shards that are not done, as far as this process knows, and that none of its workers has.</summary>
    public int ShardsWaiting => Volatile.Read(ref _shardsOpen);

    public async Task<Lease?> TryLeaseAsync(string worker, CancellationToken cancellation)
    {
        await _gate.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            if (_stopLooks.IsDue(LookInterval))
                await _stopLooks.LookAsync(() => JobUnits.ThrowIfStoppedAsync(store, folder, cancellation)).ConfigureAwait(false);
            if (_doneLooks.IsDue(LookInterval))
                await LookAsync(cancellation).ConfigureAwait(false);
            if (await TryClaimNextAsync(worker, cancellation).ConfigureAwait(false) is { } lease)
                return lease;
            if (_doneLooks.IsDue(TimeSpan.Zero))
                await LookAsync(cancellation).ConfigureAwait(false);
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
        await _gate.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            await _stopLooks.LookAsync(() => JobUnits.ThrowIfStoppedAsync(store, folder, cancellation)).ConfigureAwait(false);
            await LookAsync(cancellation).ConfigureAwait(false);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Nothing to do: claims are renewed by whoever made them.</summary>
    public Task RenewAsync(CancellationToken cancellation) => Task.CompletedTask;

    /// <summary>The shards whose statistics are in the store.</summary>
    public static async Task<List<int>> CommittedShardsAsync(IBlobStore store, JobFolder folder, CancellationToken cancellation)
    {
        var shards = new List<int>();
        await foreach (var blob in store.ListAsync(folder.Shards, cancellation).ConfigureAwait(false))
        {
            // Exactly the name that a commit gives: a number may be written in other ways.
            var name = blob.Name.AsSpan(folder.Shards.Length);
            if (name.EndsWith(".stats", StringComparison.Ordinal) && int.TryParse(name[..^".stats".Length], NumberStyles.None, CultureInfo.InvariantCulture, out var shard)
                && blob.Name == folder.ShardStats(shard))
            {
                shards.Add(shard);
            }
        }

        shards.Sort();
        return shards;
    }

    Task LookAsync(CancellationToken cancellation) => _doneLooks.LookAsync(async () =>
    {
        foreach (var unit in Units - _done <= FewUnits ? await DoneOfTheRestAsync(cancellation).ConfigureAwait(false) : await _units.DoneAsync(store, folder, cancellation).ConfigureAwait(false))
            MarkDone(unit);
        var held = await claims.HeldUnitsAsync(cancellation).ConfigureAwait(false);
        for (var unit = 0; unit < Units; unit++)
            _states[unit] &= ~UnitState.Foreign;
        foreach (var name in held)
        {
            if (_units.IndexOf(name) is { } unit && (_states[unit] & UnitState.Leased) == 0)
                _states[unit] |= UnitState.Foreign;
        }
    });

    /// <summary>Asks for each of the units left: all that are done may be many.</summary>
    async Task<IReadOnlyList<int>> DoneOfTheRestAsync(CancellationToken cancellation)
    {
        var done = new List<int>();
        for (var unit = 0; unit < Units; unit++)
        {
            if ((_states[unit] & UnitState.Done) == 0 && await store.ExistsAsync(ResultOf(unit), cancellation).ConfigureAwait(false))
                done.Add(unit);
        }

        return done;
    }

    string ResultOf(int unit) => unit < plan.Shards ? folder.ShardStats(unit) : folder.WeightsColumns;

    async Task<Lease?> TryClaimNextAsync(string worker, CancellationToken cancellation)
    {
        for (var looked = 0; looked < Units; looked++, _next = (_next + 1) % Units)
        {
            var unit = _next;
            if (_states[unit] != UnitState.Open)
                continue;
            var claim = await claims.TryClaimAsync(_units.NameOf(unit), worker, cancellation).ConfigureAwait(false);
            if (claim is null)
            {
                _states[unit] |= UnitState.Foreign;
                _next = Random.Shared.Next(Units);
                looked = 0;
                continue;
            }

            if (await store.ExistsAsync(ResultOf(unit), cancellation).ConfigureAwait(false))
            {
                // Its last holder committed, and gave the claim back, after this process last looked.
                MarkDone(unit);
                await claims.ReleaseAsync(claim, cancellation).ConfigureAwait(false);
                continue;
            }

            Change(unit, UnitState.Leased);
            return new Lease(claim, _units.RangeOf(claim.Unit));
        }

        return null;
    }

    void MarkDone(int unit)
    {
        if ((_states[unit] & UnitState.Done) != 0)
            return;
        Change(unit, _states[unit] | UnitState.Done);
        Volatile.Write(ref _done, _done + 1);
        if (unit < plan.Shards)
            Volatile.Write(ref _rowsDone, _rowsDone + plan.Range(unit).Rows);
    }

    /// <summary>A unit may be done and still leased, where others have finished what a worker here is at.</summary>
    void Change(int unit, UnitState state)
    {
        if (unit < plan.Shards)
            Volatile.Write(ref _shardsOpen, _shardsOpen + IsOpen(state) - IsOpen(_states[unit]));
        _states[unit] = state;

        static int IsOpen(UnitState state) => (state & (UnitState.Done | UnitState.Leased)) == 0 ? 1 : 0;
    }

    async Task EndAsync(Lease lease, bool done, CancellationToken cancellation)
    {
        await claims.ReleaseAsync(lease.Claim, cancellation).ConfigureAwait(false);
        await _gate.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            var unit = _units.IndexOf(lease.Claim.Unit)!.Value;
            Change(unit, _states[unit] & UnitState.Done);
            if (done)
                MarkDone(unit);
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

/// <summary>The job cannot go on: it failed or was cancelled. What was finished is kept.</summary>
public sealed class JobStoppedException(string message, Exception? cause = null) : Exception(message, cause)
{
    /// <summary>Whether somebody cancelled it.</summary>
    public bool Cancelled { get; init; }
}
