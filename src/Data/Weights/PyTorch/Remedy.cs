namespace HeadScope.Data.Weights.PyTorch;

/// <summary>What to do with a checkpoint that is whole, but not of a kind that is read here.</summary>
internal static class Remedy
{
    public const string Resave =
        "If you trust where it comes from, load it with PyTorch and save its state dict as safetensors (safetensors.torch.save_file).";

    public const string ResaveLittleEndian = "Save the state dict again on a little-endian machine, best as safetensors.";
}
