using HeadScope.Grains.Contracts;
using HeadScope.Jobs;
using HeadScope.Jobs.Claims;
using HeadScope.Jobs.Work;

namespace HeadScope.Grains;

/// <summary>A job's <see cref="TableLeases"/> for the cluster, made anew from the store wherever the grain comes to life.</summary>
internal sealed class JobGrain(JobStore jobs, GrainSettings settings, ISiloStatusOracle silos, TimeProvider time) : Grain, IJobGrain
{
    readonly Dictionary<string, SiloAddress> _homes = []; // of workers
    JobFolder _folder = null!;
    TableLeases _leases = null!;

    IAggregatorGrain Aggregator => GrainFactory.GetGrain<IAggregatorGrain>(_folder.Id);

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _folder = new JobFolder(this.GetPrimaryKeyString());
        var (spec, plan) = await jobs.ReadAsync(_folder, cancellationToken);
        _leases = new TableLeases(jobs.Blobs, _folder, new JobUnits(plan, spec.Induction is not null), time, settings.LeaseDuration);
    }

    public async Task ChangedAsync()
    {
        try
        {
            if (await jobs.IsWholeAsync(_folder, CancellationToken.None))
            {
                await _leases.RefreshAsync(CancellationToken.None);
                return;
            }

            await Aggregator.ForgetAsync(); // the job was deleted: one of the same id begins anew
        }
        catch (JobStoppedException)
        {
            // Workers that ask will be told by the next activation.
        }

        DeactivateOnIdle();
    }

    public async Task<LeaseReply> LeaseAsync(string worker, SiloAddress silo)
    {
        _homes[worker] = silo;
        try
        {
            var lease = await _leases.TryLeaseAsync(worker, IsGone, CancellationToken.None);
            return new LeaseReply(lease is null ? null : new HeldUnit(lease.Claim.Unit, lease.Claim.Generation, worker), Progress());
        }
        catch (JobStoppedException e)
        {
            return new LeaseReply(null, Progress(), e.Message, e.Cancelled);
        }
    }

    public Task<JobProgress> RenewAsync(HeldUnit[] units, SiloAddress silo)
    {
        foreach (var unit in units)
        {
            _homes[unit.Worker] = silo;
            _leases.Renew(ClaimOf(unit), unit.Worker);
        }

        return StatusAsync();
    }

    public async Task<JobProgress> CompleteAsync(HeldUnit unit)
    {
        if (_leases.Complete(ClaimOf(unit)) && int.TryParse(unit.Unit, System.Globalization.CultureInfo.InvariantCulture, out var shard))
            await Aggregator.ShardCommittedAsync(shard);
        return Progress();
    }

    public Task<JobProgress> AbandonAsync(HeldUnit unit)
    {
        _leases.Abandon(ClaimOf(unit));
        return StatusAsync();
    }

    public Task<JobProgress> StatusAsync() => Task.FromResult(Progress());

    JobProgress Progress() => new(_leases.Units, _leases.Done, _leases.Leased, _leases.RowsDone, _leases.RowsPerSecond);

    bool IsGone(string worker) => _homes.TryGetValue(worker, out var silo) && silos.IsDeadSilo(silo);

    static Claim ClaimOf(HeldUnit unit) => new(unit.Unit, unit.Generation);
}
