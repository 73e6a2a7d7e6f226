using HeadScope.Jobs.Records;
namespace HeadScope.Jobs.Pool;

/// <summary>
/// Deletes, from time to time, what workers that have died wrote into jobs that were deleted under them; and forgets those jobs after a
/// while.
/// </summary>
internal sealed class DeletionSweeper(JobStore jobs, TimeProvider time)
{
    static readonly TimeSpan Interval = TimeSpan.FromSeconds(30);

    /// <summary>Long after the slowest worker has noticed, or died.</summary>
    static readonly TimeSpan RememberedFor = TimeSpan.FromHours(1);

    readonly DeletedJobs _deleted = new(jobs.Blobs);
    readonly Dictionary<string, long> _seen = []; // when a job was first seen to be deleted
    long? _swept;

    public async Task SweepAsync(CancellationToken cancellation)
    {
        if (_swept is { } swept && time.GetElapsedTime(swept) < Interval)
            return;
        _swept = time.GetTimestamp();
        var deleted = await _deleted.ListAsync(cancellation).ConfigureAwait(false);
        foreach (var gone in _seen.Keys.Except(deleted.Select(folder => folder.Id)))
            _seen.Remove(gone);
        foreach (var folder in deleted)
        {
            _seen.TryAdd(folder.Id, time.GetTimestamp());
            if (time.GetElapsedTime(_seen[folder.Id]) < RememberedFor)
                await _deleted.SweepAsync(folder, cancellation).ConfigureAwait(false);
            else
                await _deleted.ForgetAsync(folder, cancellation).ConfigureAwait(false);
        }
    }
}
