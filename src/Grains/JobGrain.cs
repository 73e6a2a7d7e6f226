using System.Collections.Concurrent;
using HeadScope.Grains.Contracts;
using HeadScope.Grains.Engine;
using HeadScope.Jobs;
using HeadScope.Jobs.Leasing;
using HeadScope.Jobs.Pool;
using HeadScope.Jobs.Records;
using Orleans.Concurrency;

namespace HeadScope.Grains;

/// <summary>
/// A job's <see cref="UnitDispatcher"/> for the cluster, made anew from the store wherever the grain comes to life. Reentrant: while one
/// call waits for the store, others are answered.
/// </summary>
[Reentrant]
internal sealed class JobGrain(
    JobStore jobs, GrainSettings settings, SiloMember member, ISiloStatusOracle silos, TimeProvider time) : Grain, IJobGrain
{
    /// <summary>Over how long the rate is measured: shards that take longer show none.</summary>
    static readonly TimeSpan RateWindow = TimeSpan.FromMinutes(2);

    /// <summary>
    /// How many of others' claims a look reads: this grain looks for a whole cluster, perhaps just after a silo of many workers has died.
    /// </summary>
    const int ReadsOfALook = 1024;

    readonly ConcurrentDictionary<string, SiloAddress> _homes = new(); // of workers
    readonly RateMeter _rows = new(time, RateWindow);
    JobFolder _folder = null!;
    JobPresence _presence = null!;
    JobUnits _units = null!;
    UnitDispatcher _dispatcher = null!;

    IAggregatorGrain Aggregator => GrainFactory.GetGrain<IAggregatorGrain>(_folder.Id);

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _folder = new JobFolder(this.GetPrimaryKeyString());
        _presence = await JobPresence.NoteAsync(jobs.Blobs, _folder, cancellationToken);
        var (spec, plan) = await jobs.ReadAsync(_folder, cancellationToken);
        _units = new JobUnits(plan, spec.Induction is not null);
        var claims = new BlobClaims(jobs.Blobs, _folder, time, settings.LeaseDuration, member: member.Identity, readsOfALook: ReadsOfALook);
        _dispatcher = new UnitDispatcher(jobs.Blobs, _folder, _units, claims, time, settings.LeaseDuration, IsGone, _presence);
    }

    public async Task ChangedAsync()
    {
        try
        {
            await _dispatcher.RefreshAsync(CancellationToken.None);
        }
        catch (JobStoppedException)
        {
            // Workers that ask will be told by the next activation.
            await BeginAnewAsync();
        }
    }

    public async Task BeginAnewAsync()
    {
        if (await _presence.IsGoneAsync(CancellationToken.None))
            await Aggregator.ForgetAsync();
        DeactivateOnIdle();
    }

    public async Task<NextReply> NextAsync(string worker, SiloAddress silo)
    {
        _homes[worker] = silo;
        _rows.Start();
        try
        {
            var next = await _dispatcher.NextAsync(worker, CancellationToken.None);
            return new NextReply(next is null ? null : new HeldUnit(next.Unit, next.Generation, worker), Progress());
        }
        catch (JobStoppedException e)
        {
            if (!await _presence.IsGoneAsync(CancellationToken.None))
                return new NextReply(null, Progress(), e.Message, e.Cancelled);

            // Whoever works on the job that is gone finds out at the next commit. Of one of the same id nothing is known here.
            await BeginAnewAsync();
            return new NextReply(null, new JobProgress(_units.Count, 0, 0, 0, null));
        }
    }

    public Task<JobProgress> RenewAsync(HeldUnit[] units, SiloAddress silo)
    {
        foreach (var unit in units)
        {
            _homes[unit.Worker] = silo;
            _dispatcher.Renew(AssignmentOf(unit), unit.Worker);
        }

        return StatusAsync();
    }

    public async Task<JobProgress> CompleteAsync(HeldUnit unit)
    {
        if (_dispatcher.Complete(AssignmentOf(unit)) && _units.RangeOf(unit.Unit) is { } shard)
        {
            _rows.Add(shard.Rows);
            await Aggregator.ShardCommittedAsync(shard.Shard);
        }

        return Progress();
    }

    public Task<JobProgress> AbandonAsync(HeldUnit unit)
    {
        _dispatcher.Abandon(AssignmentOf(unit));
        return StatusAsync();
    }

    public Task<JobProgress> RefuseAsync(HeldUnit unit)
    {
        _dispatcher.Refuse(AssignmentOf(unit));
        return StatusAsync();
    }

    public Task<JobProgress> StatusAsync() => Task.FromResult(Progress());

    JobProgress Progress()
    {
        var progress = _dispatcher.Progress;
        return new JobProgress(progress.Units, progress.Done, progress.Assigned, progress.RowsDone, _rows.PerSecond);
    }

    bool IsGone(string worker) => _homes.TryGetValue(worker, out var silo) && silos.IsDeadSilo(silo);

    static Assignment AssignmentOf(HeldUnit unit) => new(unit.Unit, unit.Generation);
}
