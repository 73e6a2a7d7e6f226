using HeadScope.Jobs.Records;
using HeadScope.Jobs.Store;

namespace HeadScope.Jobs.Status;

/// <summary>Reads jobs' states from their blobs, and writes what people want of them. Any process may, at any time.</summary>
public sealed class JobStatusReader(JobStore jobs, TimeProvider time)
{
    IBlobStore Blobs => jobs.Blobs;

    /// <summary>Null where there is no such job.</summary>
    /// <exception cref="UnreadableBlobException">One of the blobs that say what it is, or how it is, cannot be read.</exception>
    public async Task<JobStatus?> TryReadAsync(JobFolder folder, CancellationToken cancellation)
    {
        if (!await jobs.IsWholeAsync(folder, cancellation).ConfigureAwait(false))
            return null;
        try
        {
            return await ReadAsync(folder, cancellation).ConfigureAwait(false);
        }
        catch (UnreadableBlobException)
        {
            if (await jobs.IsWholeAsync(folder, cancellation).ConfigureAwait(false))
                throw;
            return null; // deleted meanwhile
        }
    }

    async Task<JobStatus> ReadAsync(JobFolder folder, CancellationToken cancellation)
    {
        var (spec, plan) = await jobs.ReadAsync(folder, cancellation).ConfigureAwait(false);
        var control = await ReadControlAsync(folder, cancellation).ConfigureAwait(false);
        var submission = await Blobs.TryReadAsync(folder.Submission, JobBlobs.MostBytes, cancellation)
            .ConfigureAwait(false) is { } json ? JobBlobs.Submission(folder, json) : null;
        var manifest = await jobs.ManifestAsync(folder, cancellation).ConfigureAwait(false);
        if (manifest is not null)
            return new JobStatus(
                folder, spec, plan, submission, control, JobState.Done, [.. Enumerable.Range(0, plan.Shards)], null, manifest);

        if (spec.Induction is { } induction)
            // A job that lacks them cannot be done.
            await jobs.ReadInductionTokensAsync(folder, induction, cancellation).ConfigureAwait(false);
        var committed = await JobStore.CommittedShardsAsync(Blobs, folder, cancellation).ConfigureAwait(false);
        committed.RemoveAll(shard => shard >= plan.Shards); // of another plan
        var failure = await JobFailure.TryReadAsync(Blobs, folder, cancellation).ConfigureAwait(false);
        var cancelled = await Blobs.ExistsAsync(folder.Cancelled, cancellation).ConfigureAwait(false);
        return new JobStatus(folder, spec, plan, submission, control, StateOf(), committed, failure, null);

        JobState StateOf() =>
            cancelled ? JobState.Cancelled
            : failure is not null ? JobState.Failed
            : control.Paused ? JobState.Paused
            : committed.Count == plan.Shards ? JobState.Reducing
            : committed.Count > 0 ? JobState.Running
            : JobState.Planned;
    }

    /// <summary>What a worker has to know of a job: less than all, and so with fewer questions to the store.</summary>
    /// <returns>How it ended, null where it has not, and what people want of it.</returns>
    public async Task<(JobState? Ended, JobControl Control)> ReadStateAsync(JobFolder folder, CancellationToken cancellation)
    {
        foreach (var (blob, state) in new[] { (folder.Manifest, JobState.Done), (folder.Cancelled, JobState.Cancelled), (folder.Failed, JobState.Failed) })
        {
            if (await Blobs.ExistsAsync(blob, cancellation).ConfigureAwait(false))
                return (state, JobControl.Default);
        }

        return (null, await ReadControlAsync(folder, cancellation).ConfigureAwait(false));
    }

    /// <summary>Notes who submitted a job; of several, the first.</summary>
    public Task NoteSubmissionAsync(JobFolder folder, string? by, CancellationToken cancellation) =>
        Blobs.TryCreateAsync(folder.Submission, JobJson.Write(new JobSubmission(time.GetUtcNow(), by)), cancellation);

    /// <exception cref="UnreadableBlobException">It is damaged.</exception>
    public async Task<JobControl> ReadControlAsync(JobFolder folder, CancellationToken cancellation) =>
        await Blobs.TryReadAsync(folder.Control, JobBlobs.MostBytes, cancellation)
            .ConfigureAwait(false) is { } json ? JobBlobs.Control(folder, json) : JobControl.Default;

    public Task WriteControlAsync(JobFolder folder, JobControl control, CancellationToken cancellation) =>
        Blobs.WriteAsync(folder.Control, JobJson.Write(control), cancellation);

    /// <summary>Ends a job that is not done; what is finished is kept.</summary>
    public Task CancelAsync(JobFolder folder, string? by, CancellationToken cancellation) =>
        Blobs.TryCreateAsync(folder.Cancelled, JobJson.Write(new JobSubmission(time.GetUtcNow(), by)), cancellation);
}
