using HeadScope.Jobs.Store;

namespace HeadScope.Jobs.Records;

/// <summary>
/// Remembers the jobs that were deleted. Whoever was at work on one may write into its folder once more, and die before it notices that the
/// job is gone; what such writers leave is deleted for as long as the job is remembered, and when it is submitted again.
/// </summary>
public sealed class DeletedJobs(IBlobStore blobs)
{
    /// <summary>Notes a job as deleted, before it is. On a full store, which deleting it will help, it is not noted.</summary>
    public async Task NoteAsync(JobFolder folder, CancellationToken cancellation)
    {
        try
        {
            await blobs.WriteAsync(folder.Deleted, "deleted\n"u8.ToArray(), cancellation).ConfigureAwait(false);
        }
        catch (IOException)
        {
            // Workers notice all the same; only what one leaves that dies at that moment would stay.
        }
    }

    /// <summary>The jobs that are remembered.</summary>
    public async Task<IReadOnlyList<JobFolder>> ListAsync(CancellationToken cancellation)
    {
        var folders = new List<JobFolder>();
        await foreach (var blob in blobs.ListAsync(JobFolder.DeletedRoot, cancellation).ConfigureAwait(false))
        {
            var id = blob.Name[JobFolder.DeletedRoot.Length..];
            if (JobFolder.IsId(id))
                folders.Add(new JobFolder(id));
        }

        return folders;
    }

    /// <summary>
    /// Deletes what was written into a job after it was deleted; without effect on jobs that were not, or were submitted again.
    /// </summary>
    public async Task SweepAsync(JobFolder folder, CancellationToken cancellation)
    {
        var names = new List<string>();
        await foreach (var blob in blobs.ListAsync(folder.Prefix, cancellation).ConfigureAwait(false))
        {
            if (folder.CameAfterSubmission(blob.Name))
                names.Add(blob.Name);
        }

        // Asked after the list was made: what is in it was there before the job may have been submitted again.
        if (await blobs.ExistsAsync(folder.Plan, cancellation).ConfigureAwait(false)
            || !await blobs.ExistsAsync(folder.Deleted, cancellation).ConfigureAwait(false))
            return;
        await blobs.DeleteAsync(names, cancellation).ConfigureAwait(false);
        await blobs.TrimFolderAsync(folder.Prefix, cancellation).ConfigureAwait(false);
    }

    /// <summary>Forgets that a job was deleted, and deletes for the last time what was left of it.</summary>
    public async Task ForgetAsync(JobFolder folder, CancellationToken cancellation)
    {
        if (!await blobs.ExistsAsync(folder.Deleted, cancellation).ConfigureAwait(false))
            return;
        await SweepAsync(folder, cancellation).ConfigureAwait(false);
        await blobs.DeleteAsync(folder.Deleted, cancellation).ConfigureAwait(false);
    }
}
