using HeadScope.Grains.Contracts;
using HeadScope.Jobs;
using HeadScope.Jobs.Leasing;
using HeadScope.Jobs.Pool;
using HeadScope.Jobs.Records;
using HeadScope.Jobs.Store;
using HeadScope.Jobs.Work;

namespace HeadScope.Grains.Engine;

/// <summary>The cluster's jobs, for the pool of one silo.</summary>
internal sealed class ClusterWork(IGrainFactory grains, SiloAddress silo) : IPoolWork
{
    IReadOnlyList<ActiveJob> _last = [];

    IJobQueueGrain Queue => grains.GetGrain<IJobQueueGrain>(IJobQueueGrain.Key);

    public async Task<IReadOnlyList<ActiveJob>> InTurnAsync(CancellationToken cancellation)
    {
        if (await Tries.OrNullAsync(() => Queue.InTurnAsync()).ConfigureAwait(false) is { } active)
            _last = [.. active.Select(
                job => new ActiveJob(new JobFolder(job.Job), new JobControl(job.Priority, job.Paused), job.Fault, job.MayPass))];
        return _last;
    }

    public IUnitDispatcher DispatcherOf(JobFolder folder, JobUnits units) => new GrainDispatcher(grains, silo, folder, units);

    public async Task<bool> TryReduceAsync(JobSession session, CancellationToken cancellation)
    {
        var reply = await Tries.OrNullAsync(() => grains.GetGrain<IAggregatorGrain>(session.Folder.Id).ReduceAsync()).ConfigureAwait(false);
        if (reply?.Failure is { } failure)
            throw new JobStoppedException(failure);
        if (reply?.Trouble is { } trouble)
            throw new StoreException(trouble);
        return reply?.Done == true;
    }

    public void Changed(JobFolder folder) => _ = Tries.SafelyAsync(() => Queue.ChangedAsync(folder.Id));

    public void Ended(JobFolder folder) => _ = Tries.SafelyAsync(() => Queue.EndedAsync(folder.Id));
}
