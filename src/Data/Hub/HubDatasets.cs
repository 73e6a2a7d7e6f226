using HeadScope.Data.Text;

namespace HeadScope.Data.Hub;

/// <summary>Downloads of datasets: the files that hold a split's documents, and nothing else that a repository holds.</summary>
public static class HubDatasets
{
    /// <param name="id">Such as <c>NeelNanda/pile-10k</c>.</param>
    /// <param name="revision">A branch, a tag or a commit.</param>
    /// <param name="split">Which part of the dataset.</param>
    /// <returns>A folder for <see cref="Documents.Open(string, string, string)"/>.</returns>
    /// <exception cref="HubException">They cannot be had.</exception>
    /// <exception cref="InvalidDataException">The repository holds no documents, or has no such split.</exception>
    public static Task<HubSnapshot> DownloadDocumentsAsync(
        this HubClient hub, string id, string revision, string split, IProgress<HubProgress>? progress = null,
        CancellationToken cancellation = default)
    {
        var repository = new HubRepository(HubKind.Dataset, id);
        return hub.DownloadAsync(
            repository, revision, names => Documents.Choose(names, repository.ToString(), split), progress, cancellation);
    }
}
