using System.Collections.Concurrent;
using HeadScope.Jobs.Records;
using HeadScope.Jobs.Reduction;
using HeadScope.Jobs.Status;
using HeadScope.Jobs.Store;

namespace HeadScope.Jobs.Pool;

/// <summary>
/// The active jobs of a store, by priority; those of one priority come first in turn, so that workers who ask one after the other
/// begin with different ones.
/// </summary>
public sealed class JobQueue(JobStore jobs, TimeProvider time)
{
    /// <summary>How often to look at jobs that had ended: somebody may have reopened them.</summary>
    static readonly TimeSpan EndedInterval = TimeSpan.FromSeconds(30);

    readonly JobStatusReader _reader = new(jobs, time);
    readonly ConcurrentDictionary<string, long> _ended = new(); // when that was found
    readonly UnreadableJobs _unreadable = new(time);
    readonly DeletionSweeper _sweeper = new(jobs, time);
    int _turn;

    /// <summary>Reads the store, less what is known to have ended.</summary>
    public async Task<IReadOnlyList<ActiveJob>> InTurnAsync(CancellationToken cancellation)
    {
        var active = new List<ActiveJob>();
        await foreach (var folder in jobs.FoldersAsync(cancellation).ConfigureAwait(false))
        {
            if (_ended.TryGetValue(folder.Id, out var since) && time.GetElapsedTime(since) < EndedInterval)
                continue;
            if (await TryReadAsync(folder, cancellation).ConfigureAwait(false) is { } job)
                active.Add(job);
        }

        _unreadable.Keep(active.Where(job => job.Fault is not null).Select(job => job.Folder.Id));
        await _sweeper.SweepAsync(cancellation).ConfigureAwait(false);
        return Order(active, _turn++);
    }

    /// <summary>A job was submitted or changed: look at it though it had ended, or could not be read.</summary>
    public void Changed(JobFolder folder)
    {
        _ended.TryRemove(folder.Id, out _);
        _unreadable.LookSoon(folder);
    }

    /// <summary>Somebody has seen the end of a job.</summary>
    public void Ended(JobFolder folder) => _ended[folder.Id] = time.GetTimestamp();

    /// <summary>
    /// By priority, the highest first; within one, each has the first place once in as many turns as there are jobs of it.
    /// </summary>
    public static IReadOnlyList<ActiveJob> Order(IReadOnlyList<ActiveJob> jobs, int turn) =>
    [
        .. jobs.GroupBy(job => job.Control.Priority).OrderByDescending(group => group.Key).SelectMany(group =>
        {
            var equals = group.OrderBy(job => job.Folder.Id, StringComparer.Ordinal).ToList();
            var first = (int)((uint)turn % (uint)equals.Count);
            return equals.Skip(first).Concat(equals.Take(first));
        }),
    ];

    /// <summary>Null where the job has ended, or was not submitted to the end. What is wrong with one job holds up no other.</summary>
    async Task<ActiveJob?> TryReadAsync(JobFolder folder, CancellationToken cancellation)
    {
        if (_unreadable.WhyNot(folder) is { } known)
            return new ActiveJob(folder, JobControl.Default, known);
        try
        {
            if (!await jobs.IsWholeAsync(folder, cancellation).ConfigureAwait(false))
                return null;
            var (ended, control) = await _reader.ReadStateAsync(folder, cancellation).ConfigureAwait(false);
            if (ended is null)
                return new ActiveJob(folder, control);
            if (!_ended.ContainsKey(folder.Id) && await Intermediates.AreLeftAsync(jobs.Blobs, folder, cancellation).ConfigureAwait(false))
            {
                // Only of a job that this version knows: a newer one may need them.
                await jobs.ReadAsync(folder, cancellation).ConfigureAwait(false);
                await jobs.ManifestAsync(folder, cancellation).ConfigureAwait(false);
                await Intermediates.DropAsync(jobs.Blobs, folder, cancellation).ConfigureAwait(false);
            }

            _ended[folder.Id] = time.GetTimestamp();
            return null;
        }
        catch (UnreadableBlobException e)
        {
            _unreadable.Note(folder, e.Message);
            return new ActiveJob(folder, JobControl.Default, e.Message);
        }
        catch (Exception e) when (!cancellation.IsCancellationRequested)
        {
            return new ActiveJob(folder, JobControl.Default, e.Message, MayPass: e is IOException);
        }
    }
}
