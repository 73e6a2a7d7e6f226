using HeadScope.Data.Files;
using HeadScope.Data.Hub;
using HeadScope.Jobs.Roots;

namespace HeadScope.Jobs.Specs;

/// <summary>
/// Finds models, tokenizers and texts as people name them: a file or folder, where there is one of that name, or an id on the hub, from
/// which what is needed is then brought into this machine's cache.
/// </summary>
/// <param name="progress">Told of downloads.</param>
public sealed class ModelLocator(HubOptions hub, TimeProvider time, IProgress<HubProgress>? progress = null)
{
    /// <param name="model">A folder, or an id such as <c>EleutherAI/pythia-70m</c>.</param>
    /// <param name="revision">Of a model on the hub. Null for its main branch.</param>
    /// <exception cref="InvalidDataException">It is neither; or the repository does not hold a model.</exception>
    /// <exception cref="HubException">The hub does not give it.</exception>
    public async Task<LocatedModel> FindAsync(string model, string? revision, CancellationToken cancellation)
    {
        if (FindHere(model, revision) is { } here)
            return here;
        try
        {
            return await FindOnHubAsync(model, revision, cancellation).ConfigureAwait(false);
        }
        catch (HubException e)
        {
            throw new HubException(
                e.Fault, $"{model}: there is no such folder here, and as a model on the hub it cannot be had. {e.Message}", e);
        }
    }

    /// <summary>A model in a folder; null where it can only be one of the hub.</summary>
    /// <exception cref="InvalidDataException">It is neither.</exception>
    public static LocatedModel? FindHere(string model, string? revision)
    {
        if (Directory.Exists(model))
        {
            return revision is null
                ? new LocatedModel(InputPath.Anywhere(model), null)
                : throw new InvalidDataException(
                    $"{model} is a folder here, and --revision is for models on the hub. "
                    + "Leave --revision out, or run where no folder has the model's name.");
        }

        return HubRepository.IsId(model)
            ? null
            : throw new InvalidDataException(
                $"{model}: there is no such folder, and a model on the hub has an id such as EleutherAI/pythia-70m or gpt2. "
                + "Name a folder with config.json and model.safetensors, or an id.");
    }

    /// <summary>A model on the hub, whatever folders there are.</summary>
    /// <param name="revision">Null for its main branch.</param>
    /// <exception cref="InvalidDataException">The repository does not hold a model.</exception>
    /// <exception cref="HubException">The hub does not give it.</exception>
    public async Task<LocatedModel> FindOnHubAsync(string id, string? revision, CancellationToken cancellation)
    {
        revision ??= HubRepository.DefaultRevision;
        var snapshot = await DownloadAsync(id, revision, cancellation).ConfigureAwait(false);
        return new LocatedModel(snapshot.Input, new HubSource(id, revision, snapshot.Commit));
    }

    /// <summary>The folder of a job's model on this machine.</summary>
    /// <param name="roots">Where it must lie, unless it is from the hub; null for anywhere.</param>
    /// <exception cref="HubException">The hub does not give it.</exception>
    /// <exception cref="InvalidDataException">It lies elsewhere.</exception>
    public async Task<InputPath> FolderOfAsync(ModelReference model, InputRoots? roots, CancellationToken cancellation) =>
        model.Hub is { } source ? (await DownloadAsync(source.Repository, source.Commit, cancellation).ConfigureAwait(false)).Input
        : roots is null ? InputPath.Anywhere(model.Location)
        : roots.Models.Find(model.Location)
            ?? throw new InvalidDataException($"The model {model.Name} lies outside the folders that --models names here.");

    /// <summary>A tokenizer's file or folder.</summary>
    /// <param name="named">A path, or the id of a model on the hub.</param>
    /// <exception cref="InvalidDataException">It is neither, or has no tokenizer.</exception>
    /// <exception cref="HubException">The hub does not give it.</exception>
    public async Task<string> FindTokenizerAsync(string named, string? revision, CancellationToken cancellation)
    {
        if (IsHere(named, revision, "a tokenizer"))
            return named;
        using var client = new HubClient(hub, time);
        return (await client.DownloadTokenizerAsync(
            named, revision ?? HubRepository.DefaultRevision, progress, cancellation).ConfigureAwait(false)).Folder;
    }

    /// <summary>A file or folder of documents.</summary>
    /// <param name="named">A path, or the id of a dataset on the hub.</param>
    /// <param name="split">Of a dataset on the hub, which part to bring.</param>
    /// <exception cref="InvalidDataException">It is neither, or has no documents.</exception>
    /// <exception cref="HubException">The hub does not give it.</exception>
    public async Task<string> FindTextAsync(string named, string? revision, string split, CancellationToken cancellation)
    {
        if (IsHere(named, revision, "a text"))
            return named;
        using var client = new HubClient(hub, time);
        return (await client.DownloadDocumentsAsync(
            named, revision ?? HubRepository.DefaultRevision, split, progress, cancellation).ConfigureAwait(false)).Folder;
    }

    static bool IsHere(string named, string? revision, string what)
    {
        if (Path.Exists(named))
        {
            return revision is null
                ? true
                : throw new InvalidDataException(
                    $"{named} is here, and a revision is for what is on the hub. Leave it out, or run where nothing has that name.");
        }

        return HubRepository.IsId(named)
            ? false
            : throw new InvalidDataException($"{named}: there is no file or folder {named}, and {what} on the hub has an id such as " +
                $"EleutherAI/pythia-70m or NeelNanda/pile-10k.");
    }

    async Task<HubSnapshot> DownloadAsync(string id, string revision, CancellationToken cancellation)
    {
        using var client = new HubClient(hub, time);
        return await client.DownloadModelAsync(id, revision, progress, cancellation).ConfigureAwait(false);
    }
}
