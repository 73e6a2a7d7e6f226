using HeadScope.Jobs.Store;

namespace HeadScope.Jobs.Reduction;

/// <summary>What nobody needs once a job is done: stored scores, whoever wrote them, recorded failures, claims.</summary>
public static class Intermediates
{
    /// <summary>Deletes them, claims last: while there is one, <see cref="DropLeftAsync"/> looks for more.</summary>
    public static async Task DropAsync(IBlobStore store, JobFolder folder, CancellationToken cancellation)
    {
        foreach (var prefix in new[] { folder.Shards, folder.Failures, folder.Claims })
        {
            var names = new List<string>();
            await foreach (var blob in store.ListAsync(prefix, cancellation).ConfigureAwait(false))
            {
                if (!blob.Name.EndsWith(".stats", StringComparison.Ordinal))
                    names.Add(blob.Name);
            }

            // Asked after the list was made: it may be of a job that was deleted, and submitted again, in the meantime.
            if (names.Count == 0 || !await store.ExistsAsync(folder.Manifest, cancellation).ConfigureAwait(false))
                continue;
            await store.DeleteAsync(names, cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>Deletes what is left of a job that is done, where whoever reduced it died before it had.</summary>
    public static async Task DropLeftAsync(IBlobStore store, JobFolder folder, CancellationToken cancellation)
    {
        if (await AreLeftAsync(store, folder, cancellation).ConfigureAwait(false))
            await DropAsync(store, folder, cancellation).ConfigureAwait(false);
    }

    /// <summary>Whether something may be left of a job that has ended.</summary>
    public static async Task<bool> AreLeftAsync(IBlobStore store, JobFolder folder, CancellationToken cancellation)
    {
        await foreach (var _ in store.ListAsync(folder.Claims, cancellation).ConfigureAwait(false))
            return true;
        return false;
    }
}
