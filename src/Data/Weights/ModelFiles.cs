using HeadScope.Data.Files;
using HeadScope.Data.Weights.PyTorch;

namespace HeadScope.Data.Weights;

/// <summary>The files that make up a model in a folder.</summary>
internal sealed class ModelFiles
{
    public const string ConfigFile = "config.json";

    public const string Index = "model.safetensors.index.json";

    static readonly string[] PyTorchEndings = [".bin", ".pth", ".pt"];

    readonly InputPath _folder;
    readonly string _checkpoint;

    ModelFiles(InputPath folder, string checkpoint) => (_folder, _checkpoint) = (folder, checkpoint);

    public InputPath Config => _folder.Child(ConfigFile);

    /// <summary>Every file that decides what the model computes, by its name in the folder, in a fixed order.</summary>
    public IEnumerable<(string Name, InputPath Path)> All => new[] { ConfigFile, _checkpoint }
        .Concat(IsIndex ? ShardedSafetensors.FilesOf(_folder.Child(_checkpoint)) : []).Select(name => (name, _folder.Child(name)));

    bool IsIndex => _checkpoint.EndsWith(Index, StringComparison.Ordinal);

    /// <summary>Finds config.json and the checkpoint in a folder.</summary>
    /// <exception cref="InvalidDataException">config.json or the checkpoint is missing, or there are several checkpoints.</exception>
    public static ModelFiles In(InputPath folder) => new(folder, CheckpointAmong(folder.FileNames(), folder.Name));

    /// <summary>
    /// Of a folder's or a repository's files, beside config.json and in this order, model.safetensors, the index of a sharded one,
    /// pytorch_model.bin, or the only checkpoint there is: TransformerLens's have no customary name.
    /// </summary>
    /// <param name="location">For messages.</param>
    /// <exception cref="InvalidDataException">config.json or the checkpoint is missing, or there are several checkpoints.</exception>
    public static string CheckpointAmong(IReadOnlyCollection<string> names, string location)
    {
        if (!names.Contains(ConfigFile))
            throw new InvalidDataException(
                $"{location}: there is no {ConfigFile}. A model is a folder with {ConfigFile} and model.safetensors.");
        if (new[] { "model.safetensors", Index, "pytorch_model.bin" }.FirstOrDefault(names.Contains) is { } customary)
            return customary;
        foreach (var endings in new[] { [".safetensors"], PyTorchEndings })
        {
            var candidates = names.Where(name => !name.Contains('/') && endings.Contains(Path.GetExtension(name)))
                .Order(StringComparer.Ordinal).ToList();
            if (candidates.Count == 1)
                return candidates[0];
            if (candidates.Count > 1)
                throw new InvalidDataException(
                    $"{location}: which checkpoint is meant? There are {Listing.Of(candidates)}. Leave one, or name it model.safetensors.");
        }

        throw new InvalidDataException(
            $"{location}: there is no checkpoint beside {ConfigFile}: no model.safetensors, no {Index}, no pytorch_model.bin, no other " +
            $".safetensors, .pth, .pt or .bin.");
    }

    public ITensorSource OpenCheckpoint() =>
        IsIndex ? ShardedSafetensors.Open(_folder, _checkpoint)
        : PyTorchEndings.Contains(Path.GetExtension(_checkpoint)) ? PyTorchCheckpoint.Open(_folder.Child(_checkpoint))
        : SafetensorsFile.Open(_folder.Child(_checkpoint));
}
