namespace HeadScope.ModelCore.Weights;

/// <summary>The files that make up a model in a folder.</summary>
internal sealed record ModelFiles(string Config, string Checkpoint, IReadOnlyList<string> Data)
{
    const string Index = "model.safetensors.index.json";

    /// <summary>Every file that decides what the model computes, in a fixed order.</summary>
    public IEnumerable<string> All => new[] { Config }.Concat(Checkpoint.EndsWith(".json", StringComparison.Ordinal) ? [Checkpoint] : []).Concat(Data);

    /// <exception cref="InvalidDataException">config.json or the checkpoint is missing, or there are several checkpoints.</exception>
    public static ModelFiles In(string folder)
    {
        var config = Path.Combine(folder, "config.json");
        if (!File.Exists(config))
            throw new InvalidDataException($"{folder}: there is no config.json. A model is a folder with config.json and model.safetensors.");

        var single = Path.Combine(folder, "model.safetensors");
        if (File.Exists(single))
            return new ModelFiles(config, single, [single]);
        var index = Path.Combine(folder, Index);
        if (File.Exists(index))
            return new ModelFiles(config, index, ShardedSafetensors.FilesOf(index));

        // TransformerLens checkpoints have no customary name.
        var candidates = Directory.GetFiles(folder, "*.safetensors").Order(StringComparer.Ordinal).ToList();
        return candidates.Count switch
        {
            1 => new ModelFiles(config, candidates[0], [candidates[0]]),
            0 => throw new InvalidDataException($"{folder}: there is no model.safetensors, no {Index} and no other .safetensors file."),
            _ => throw new InvalidDataException($"{folder}: which checkpoint is meant? There are {Listing.Of(candidates.Select(file => Path.GetFileName(file)!))}. Leave one, or name it model.safetensors."),
        };
    }

    public ITensorSource OpenCheckpoint() => Checkpoint.EndsWith(".json", StringComparison.Ordinal)
        ? ShardedSafetensors.Open(Checkpoint)
        : SafetensorsFile.Open(Checkpoint);
}
