using HeadScope.ModelCore.Hub;

namespace HeadScope.Jobs.Specs;

/// <summary>
/// Finds models as people name them: a folder, where there is one of that name, or a model on the hub, whose files are then brought
/// into this machine's cache.
/// </summary>
/// <param name="progress">Told of downloads.</param>
public sealed class ModelLocator(HubOptions hub, TimeProvider time, IProgress<HubProgress>? progress = null)
{
    /// <param name="model">A folder, or an id such as <c>EleutherAI/pythia-70m</c>.</param>
    /// <param name="revision">Of a model on the hub. Null for its main branch.</param>
    /// <exception cref="InvalidDataException">It is neither; or the repository does not hold a model.</exception>
    /// <exception cref="HubException">It is not to be had from the hub.</exception>
    public async Task<LocatedModel> FindAsync(string model, string? revision, CancellationToken cancellation)
    {
        if (Directory.Exists(model))
        {
            return revision is null
                ? new LocatedModel(model, null)
                : throw new InvalidDataException($"{model} is a folder here, and --revision is for models on the hub. Leave --revision out, or run where no folder has the model's name.");
        }

        if (!HubRepository.IsId(model))
            throw new InvalidDataException($"{model}: there is no such folder, and a model on the hub has an id such as EleutherAI/pythia-70m or gpt2. Name a folder with config.json and model.safetensors, or an id.");
        try
        {
            return await FindOnHubAsync(model, revision, cancellation).ConfigureAwait(false);
        }
        catch (HubException e)
        {
            throw new HubException(e.Fault, $"{model}: there is no such folder here, and as a model on the hub it cannot be had. {e.Message}", e);
        }
    }

    /// <summary>A model on the hub, whatever folders there are.</summary>
    /// <param name="revision">Null for its main branch.</param>
    /// <exception cref="InvalidDataException">The repository does not hold a model.</exception>
    /// <exception cref="HubException">It is not to be had from the hub.</exception>
    public async Task<LocatedModel> FindOnHubAsync(string id, string? revision, CancellationToken cancellation)
    {
        revision ??= HubRepository.DefaultRevision;
        var snapshot = await DownloadAsync(id, revision, cancellation).ConfigureAwait(false);
        return new LocatedModel(snapshot.Folder, new HubSource(id, revision, snapshot.Commit));
    }

    /// <summary>The folder of a job's model on this machine.</summary>
    /// <exception cref="HubException">It is not to be had from the hub.</exception>
    public async Task<string> FolderOfAsync(ModelReference model, CancellationToken cancellation) => model.Hub is { } source
        ? (await DownloadAsync(source.Repository, source.Commit, cancellation).ConfigureAwait(false)).Folder
        : model.Location;

    async Task<HubSnapshot> DownloadAsync(string id, string revision, CancellationToken cancellation)
    {
        using var client = new HubClient(hub, time);
        return await client.DownloadModelAsync(id, revision, progress, cancellation).ConfigureAwait(false);
    }
}

/// <summary>A model on this machine.</summary>
/// <param name="Hub">Where it comes from, if from the hub.</param>
public sealed record LocatedModel(string Folder, HubSource? Hub);
