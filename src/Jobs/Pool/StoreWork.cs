using HeadScope.Jobs.Leasing;
using HeadScope.Jobs.Records;
using HeadScope.Jobs.Work;

namespace HeadScope.Jobs.Pool;

/// <summary>
/// The jobs of a store, which no cluster works on: any number of processes may work on them in this way, knowing nothing of one another.
/// </summary>
public sealed class StoreWork(JobStore jobs, TimeProvider time) : IPoolWork
{
    readonly JobQueue _queue = new(jobs, time);

    public Task<IReadOnlyList<ActiveJob>> InTurnAsync(CancellationToken cancellation) => _queue.InTurnAsync(cancellation);

    public IUnitDispatcher? DispatcherOf(JobFolder folder, JobUnits units) => null;

    public async Task<bool> TryReduceAsync(JobSession session, CancellationToken cancellation) =>
        await session.TryReduceAsync(cancellation).ConfigureAwait(false) is not null;

    public void Changed(JobFolder folder) => _queue.Changed(folder);

    public void Ended(JobFolder folder) => _queue.Ended(folder);
}
