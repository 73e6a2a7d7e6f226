using HeadScope.ModelCore.Weights.PyTorch;

namespace HeadScope.ModelCore.Weights;

/// <summary>The files that make up a model in a folder.</summary>
internal sealed record ModelFiles(string Config, string Checkpoint, IReadOnlyList<string> Data)
{
    const string Index = "model.safetensors.index.json";

    static readonly string[] PyTorchEndings = [".bin", ".pth", ".pt"];

    /// <summary>Every file that decides what the model computes, in a fixed order.</summary>
    public IEnumerable<string> All => new[] { Config }.Concat(IsIndex ? [Checkpoint] : []).Concat(Data);

    bool IsIndex => Checkpoint.EndsWith(".json", StringComparison.Ordinal);

    /// <summary>
    /// Finds config.json and, in this order, model.safetensors, a sharded one, pytorch_model.bin, or the only checkpoint there is:
    /// TransformerLens's have no customary name.
    /// </summary>
    /// <exception cref="InvalidDataException">config.json or the checkpoint is missing, or there are several checkpoints.</exception>
    public static ModelFiles In(string folder)
    {
        var config = Path.Combine(folder, "config.json");
        if (!File.Exists(config))
            throw new InvalidDataException($"{folder}: there is no config.json. A model is a folder with config.json and model.safetensors.");
        var index = Path.Combine(folder, Index);
        if (!File.Exists(Path.Combine(folder, "model.safetensors")) && File.Exists(index))
            return new ModelFiles(config, index, ShardedSafetensors.FilesOf(index));
        foreach (var customary in new[] { "model.safetensors", "pytorch_model.bin" })
        {
            var path = Path.Combine(folder, customary);
            if (File.Exists(path))
                return new ModelFiles(config, path, [path]);
        }

        foreach (var endings in new[] { [".safetensors"], PyTorchEndings })
        {
            var candidates = Directory.GetFiles(folder).Where(file => endings.Contains(Path.GetExtension(file))).Order(StringComparer.Ordinal).ToList();
            if (candidates.Count == 1)
                return new ModelFiles(config, candidates[0], [candidates[0]]);
            if (candidates.Count > 1)
                throw new InvalidDataException($"{folder}: which checkpoint is meant? There are {Listing.Of(candidates.Select(file => Path.GetFileName(file)!))}. Leave one, or name it model.safetensors.");
        }

        throw new InvalidDataException($"{folder}: there is no checkpoint beside config.json: no model.safetensors, no {Index}, no pytorch_model.bin, no other .safetensors, .pth, .pt or .bin.");
    }

    public ITensorSource OpenCheckpoint() =>
        IsIndex ? ShardedSafetensors.Open(Checkpoint)
        : PyTorchEndings.Contains(Path.GetExtension(Checkpoint)) ? PyTorchCheckpoint.Open(Checkpoint)
        : SafetensorsFile.Open(Checkpoint);
}
