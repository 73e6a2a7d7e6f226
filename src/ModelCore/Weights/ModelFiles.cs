using HeadScope.ModelCore.Weights.PyTorch;

namespace HeadScope.ModelCore.Weights;

/// <summary>The files that make up a model in a folder.</summary>
internal sealed record ModelFiles(string Config, string Checkpoint, IReadOnlyList<string> Data)
{
    public const string ConfigFile = "config.json";

    public const string Index = "model.safetensors.index.json";

    static readonly string[] PyTorchEndings = [".bin", ".pth", ".pt"];

    /// <summary>Every file that decides what the model computes, in a fixed order.</summary>
    public IEnumerable<string> All => new[] { Config }.Concat(IsIndex ? [Checkpoint] : []).Concat(Data);

    bool IsIndex => Checkpoint.EndsWith(".json", StringComparison.Ordinal);

    /// <summary>Finds config.json and the checkpoint in a folder.</summary>
    /// <exception cref="InvalidDataException">config.json or the checkpoint is missing, or there are several checkpoints.</exception>
    public static ModelFiles In(string folder)
    {
        var checkpoint = Path.Combine(folder, CheckpointAmong([.. Directory.GetFiles(folder).Select(file => Path.GetFileName(file)!)], folder));
        return new ModelFiles(
            Path.Combine(folder, ConfigFile), checkpoint, checkpoint.EndsWith(Index, StringComparison.Ordinal) ? ShardedSafetensors.FilesOf(checkpoint) : [checkpoint]);
    }

    /// <summary>
    /// Of a folder's or a repository's files, beside config.json and in this order, model.safetensors, the index of a sharded one,
    /// pytorch_model.bin, or the only checkpoint there is: TransformerLens's have no customary name.
    /// </summary>
    /// <param name="location">For messages.</param>
    /// <exception cref="InvalidDataException">config.json or the checkpoint is missing, or there are several checkpoints.</exception>
    public static string CheckpointAmong(IReadOnlyCollection<string> names, string location)
    {
        if (!names.Contains(ConfigFile))
            throw new InvalidDataException($"{location}: there is no {ConfigFile}. A model is a folder with {ConfigFile} and model.safetensors.");
        if (new[] { "model.safetensors", Index, "pytorch_model.bin" }.FirstOrDefault(names.Contains) is { } customary)
            return customary;
        foreach (var endings in new[] { [".safetensors"], PyTorchEndings })
        {
            var candidates = names.Where(name => !name.Contains('/') && endings.Contains(Path.GetExtension(name))).Order(StringComparer.Ordinal).ToList();
            if (candidates.Count == 1)
                return candidates[0];
            if (candidates.Count > 1)
                throw new InvalidDataException($"{location}: which checkpoint is meant? There are {Listing.Of(candidates)}. Leave one, or name it model.safetensors.");
        }

        throw new InvalidDataException($"{location}: there is no checkpoint beside {ConfigFile}: no model.safetensors, no {Index}, no pytorch_model.bin, no other .safetensors, .pth, .pt or .bin.");
    }

    public ITensorSource OpenCheckpoint() =>
        IsIndex ? ShardedSafetensors.Open(Checkpoint)
        : PyTorchEndings.Contains(Path.GetExtension(Checkpoint)) ? PyTorchCheckpoint.Open(Checkpoint)
        : SafetensorsFile.Open(Checkpoint);
}
