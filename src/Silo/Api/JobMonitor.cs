using System.Collections.Concurrent;
using System.Diagnostics;
using HeadScope.Jobs;
using HeadScope.Jobs.Pool;
using HeadScope.Jobs.Status;
using HeadScope.Jobs.Store;
using HeadScope.Silo.Security;

namespace HeadScope.Silo.Api;

/// <summary>
/// Jobs' states for everyone who asks, read from the store once for all of them: at most once a second, and the less often the longer it
/// takes.
/// </summary>
internal sealed class JobMonitor(JobStatusReader reader, IJobEngine engine, TimeProvider time)
{
    static readonly TimeSpan ShortestInterval = TimeSpan.FromSeconds(1);

    /// <summary>Reading takes at most this share of the time.</summary>
    const int IntervalPerCost = 10;

    readonly ConcurrentDictionary<string, Entry> _entries = new();

    /// <summary>Null where there is no such job. One that cannot be read is shown as such.</summary>
    public async Task<JobView?> TryViewAsync(JobFolder folder, CancellationToken cancellation)
    {
        try
        {
            return await TryStatusAsync(folder, cancellation).ConfigureAwait(false) is { } status ? ViewOf(status) : null;
        }
        catch (UnreadableBlobException e)
        {
            return ForCallers(JobView.Unreadable(folder, e));
        }
    }

    public JobView ViewOf(JobStatus status) => ForCallers(JobView.Of(status, engine.TokensPerSecond(status.Folder)));

    static JobView ForCallers(JobView view) => view.Error is { } error ? view with { Error = PathsInText.Hide(error) } : view;

    /// <summary>Null where there is no such job.</summary>
    /// <exception cref="UnreadableBlobException">There is, and it cannot be read.</exception>
    public async Task<JobStatus?> TryStatusAsync(JobFolder folder, CancellationToken cancellation)
    {
        var entry = _entries.GetOrAdd(folder.Id, _ => new Entry());
        await entry.Gate.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            if (entry.Read is { } read && time.GetElapsedTime(read) < entry.Interval)
                return entry.Unreadable is null ? entry.Status : throw entry.Unreadable;
            var clock = Stopwatch.StartNew();
            (entry.Status, entry.Unreadable) = (null, null);
            try
            {
                entry.Status = await reader.TryReadAsync(folder, cancellation).ConfigureAwait(false);
            }
            catch (UnreadableBlobException e)
            {
                entry.Unreadable = e;
            }

            entry.Interval = clock.Elapsed * IntervalPerCost > ShortestInterval ? clock.Elapsed * IntervalPerCost : ShortestInterval;
            entry.Read = time.GetTimestamp();
            if (entry.Unreadable is not null)
                throw entry.Unreadable;
            if (entry.Status is null)
                _entries.TryRemove(folder.Id, out _);
            return entry.Status;
        }
        finally
        {
            entry.Gate.Release();
        }
    }

    /// <summary>The next look reads the store: something was changed here.</summary>
    public void Changed(JobFolder folder) => _entries.TryRemove(folder.Id, out _);

    sealed class Entry
    {
        public SemaphoreSlim Gate { get; } = new(1, 1);

        public JobStatus? Status { get; set; }

        public UnreadableBlobException? Unreadable { get; set; }

        public long? Read { get; set; }

        public TimeSpan Interval { get; set; }
    }
}
