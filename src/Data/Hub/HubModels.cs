using HeadScope.Data.Tokens;
using HeadScope.Data.Weights;

namespace HeadScope.Data.Hub;

/// <summary>Downloads of models: what loading one needs, and nothing else that a repository holds.</summary>
public static class HubModels
{
    /// <summary>
    /// Brings config.json, the tokenizer's files and one checkpoint: the one that would be loaded if all were there.
    /// </summary>
    /// <param name="id">Such as <c>EleutherAI/pythia-70m</c>.</param>
    /// <param name="revision">A branch, a tag or a commit.</param>
    /// <exception cref="HubException">They cannot be had.</exception>
    /// <exception cref="InvalidDataException">The repository does not hold a model.</exception>
    public static async Task<HubSnapshot> DownloadModelAsync(
        this HubClient hub, string id, string revision, IProgress<HubProgress>? progress = null, CancellationToken cancellation = default)
    {
        var repository = new HubRepository(HubKind.Model, id);
        var checkpoint = "";
        var snapshot = await hub.DownloadAsync(repository, revision, names =>
        {
            checkpoint = ModelFiles.CheckpointAmong([.. names], $"{repository} at revision '{RepositoryPath.Printable(revision)}'");
            return [ModelFiles.ConfigFile, checkpoint, .. TokenizerFiles.Names.Intersect(names)];
        }, progress, cancellation).ConfigureAwait(false);
        if (checkpoint != ModelFiles.Index)
            return snapshot;

        // Which shards there are, only the index says.
        var shards = ShardedSafetensors.FilesOf(snapshot.Input.Child(checkpoint));
        var whole = await hub.DownloadAsync(repository, snapshot.Commit, _ => shards, progress, cancellation).ConfigureAwait(false);
        return snapshot with { Files = [.. snapshot.Files, .. whole.Files] };
    }

    /// <summary>Brings the tokenizer's files alone.</summary>
    /// <param name="id">Such as <c>EleutherAI/pythia-70m</c>.</param>
    /// <param name="revision">A branch, a tag or a commit.</param>
    /// <exception cref="HubException">They cannot be had.</exception>
    /// <exception cref="InvalidDataException">The repository has no tokenizer.</exception>
    public static Task<HubSnapshot> DownloadTokenizerAsync(
        this HubClient hub, string id, string revision, IProgress<HubProgress>? progress = null, CancellationToken cancellation = default)
    {
        var repository = new HubRepository(HubKind.Model, id);
        return hub.DownloadAsync(repository, revision, names => TokenizerFiles.Names.Intersect(names).ToList() is { Count: > 0 } files
            ? files
            : throw new InvalidDataException($"{repository} has no tokenizer: none of " +
                $"{string.Join(", ", TokenizerFiles.Names)}."), progress, cancellation);
    }
}
