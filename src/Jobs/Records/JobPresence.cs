using HeadScope.Jobs.Store;

namespace HeadScope.Jobs.Records;

/// <summary>
/// Knows whether a job is still the one that was opened. A job may be deleted while it is worked on, and submitted again: whoever works on
/// it looks before and after each commit, and takes back what it has written into a job that is gone.
/// </summary>
public sealed class JobPresence
{
    readonly IBlobStore _store;
    readonly JobFolder _folder;
    readonly string? _version;

    JobPresence(IBlobStore store, JobFolder folder, string? version) => (_store, _folder, _version) = (store, folder, version);

    /// <summary>Notes which job is there, before its blobs are read.</summary>
    public static async Task<JobPresence> NoteAsync(IBlobStore store, JobFolder folder, CancellationToken cancellation) =>
        new(store, folder, await VersionAsync(store, folder, cancellation).ConfigureAwait(false));

    /// <summary>What those are told who work on a job that is gone.</summary>
    public static JobStoppedException Deleted(JobFolder folder, Exception? cause = null) =>
        new($"The job {folder.Id} was deleted.", cause) { Cancelled = true };

    /// <summary>Whether the job is no longer there, or another of the same id is.</summary>
    public async Task<bool> IsGoneAsync(CancellationToken cancellation) =>
        await VersionAsync(_store, _folder, cancellation).ConfigureAwait(false) is var version && (version is null || version != _version);

    /// <exception cref="JobStoppedException">It is gone.</exception>
    public async Task ThrowIfGoneAsync(CancellationToken cancellation)
    {
        if (await IsGoneAsync(cancellation).ConfigureAwait(false))
            throw Deleted(_folder);
    }

    /// <summary>Takes back what was just written, where the job is gone: its deletion may have looked before.</summary>
    /// <exception cref="JobStoppedException">It is gone.</exception>
    public async Task KeepAsync(IReadOnlyList<string> written, CancellationToken cancellation)
    {
        if (!await IsGoneAsync(cancellation).ConfigureAwait(false))
            return;
        await _store.DeleteAsync(written, CancellationToken.None).ConfigureAwait(false);
        throw Deleted(_folder);
    }

    /// <summary>Of the plan: it is the last blob of a job that is written, the first that is deleted, and is never changed.</summary>
    static async Task<string?> VersionAsync(IBlobStore store, JobFolder folder, CancellationToken cancellation)
    {
        await foreach (var blob in store.ListAsync(folder.Plan, cancellation).ConfigureAwait(false))
        {
            if (blob.Name == folder.Plan)
                return blob.Version;
        }

        return null;
    }
}
