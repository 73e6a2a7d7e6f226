using System.Collections.Concurrent;

namespace HeadScope.Jobs.Pool;

/// <summary>
/// Jobs that cannot be read, and why. They are left alone and looked at again from time to time, for somebody may have mended them; and
/// each is told of once, until there is something else to tell.
/// </summary>
internal sealed class UnreadableJobs(TimeProvider time)
{
    static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(30);

    readonly ConcurrentDictionary<string, (string Reason, long? Looked)> _jobs = new();

    /// <summary>Why a job is left alone for now; null where it is to be read.</summary>
    public string? WhyNot(JobFolder folder) =>
        _jobs.TryGetValue(folder.Id, out var job) && job.Looked is { } looked && time.GetElapsedTime(looked) < LookInterval
            ? job.Reason
            : null;

    /// <summary>A job was found to be unreadable.</summary>
    /// <returns>Whether that is news.</returns>
    public bool Note(JobFolder folder, string reason)
    {
        var isNews = !_jobs.TryGetValue(folder.Id, out var before) || before.Reason != reason;
        _jobs[folder.Id] = (reason, time.GetTimestamp());
        return isNews;
    }

    /// <summary>Somebody changed something of a job: it is read at the next look.</summary>
    public void LookSoon(JobFolder folder)
    {
        if (_jobs.TryGetValue(folder.Id, out var job))
            _jobs.TryUpdate(folder.Id, job with { Looked = null }, job);
    }

    /// <summary>A job was read, or is gone.</summary>
    public void Forget(JobFolder folder) => _jobs.TryRemove(folder.Id, out _);

    /// <summary>Forgets all but some: the others are gone.</summary>
    public void Keep(IEnumerable<string> ids)
    {
        foreach (var id in _jobs.Keys.Except(ids))
            _jobs.TryRemove(id, out _);
    }
}
