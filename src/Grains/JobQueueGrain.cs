using HeadScope.Grains.Contracts;
using HeadScope.Jobs;
using HeadScope.Jobs.Pool;
using HeadScope.Jobs.Records;

namespace HeadScope.Grains;

/// <summary>The cluster's <see cref="JobQueue"/>: the store is read by one, at most once a second, however many ask.</summary>
internal sealed class JobQueueGrain(JobStore jobs, TimeProvider time) : Grain, IJobQueueGrain
{
    static readonly TimeSpan ReadInterval = TimeSpan.FromSeconds(1);

    readonly JobQueue _queue = new(jobs, time);
    IReadOnlyList<ActiveJob> _active = [];
    long? _read;
    int _turn;

    public async Task<QueuedJob[]> InTurnAsync()
    {
        if (_read is not { } last || time.GetElapsedTime(last) >= ReadInterval)
        {
            _active = await _queue.InTurnAsync(CancellationToken.None);
            _read = time.GetTimestamp();
        }

        return [.. JobQueue.Order(_active, _turn++).Select(
            job => new QueuedJob(job.Folder.Id, job.Control.Priority, job.Control.Paused, job.Fault, job.MayPass))];
    }

    public Task ChangedAsync(string job)
    {
        _queue.Changed(new JobFolder(job));
        _read = null;
        return Task.CompletedTask;
    }

    public Task EndedAsync(string job)
    {
        _queue.Ended(new JobFolder(job));
        _active = [.. _active.Where(active => active.Folder.Id != job)];
        return Task.CompletedTask;
    }
}
