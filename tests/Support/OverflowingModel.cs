using HeadScope.Data.Weights;

namespace HeadScope.Tests.Support;

/// <summary>
/// The tiny GPT-NeoX with the MLP weights of its first layer far too large: they are finite, and its activations leave the range of
/// float32.
/// </summary>
internal static class OverflowingModel
{
    /// <summary>The loss is NaN at every position.</summary>
    public const float Everywhere = 3e19f;

    /// <summary>The loss is NaN at positions that see some of the fixture's tokens, and finite at the others.</summary>
    public const float Somewhere = 8e18f;

    /// <param name="folder">Where the model goes.</param>
    /// <param name="factor">What the weights are multiplied by.</param>
    public static void Write(string folder, float factor = Everywhere)
    {
        Directory.CreateDirectory(folder);
        File.Copy(Fixture.PathOf("neox-tiny", "model", "config.json"), Path.Combine(folder, "config.json"));
        using var file = SafetensorsFile.Open(Fixture.PathOf("neox-tiny", "model", "model.safetensors"));
        SafetensorsWriter.Write(
            Path.Combine(folder, "model.safetensors"), [.. file.Tensors.Values.Where(tensor => tensor.Type.IsFloat()).Select(Scaled)]);

        StoredTensor Scaled(TensorInfo tensor)
        {
            var values = new float[tensor.Count];
            file.Read(tensor.Name, values);
            var isTooLarge = tensor.Name.StartsWith("gpt_neox.layers.0.mlp.", StringComparison.Ordinal) && tensor.Name.EndsWith(
                ".weight", StringComparison.Ordinal);
            return new StoredTensor(tensor.Name, tensor.Shape, isTooLarge ? Array.ConvertAll(values, value => value * factor) : values);
        }
    }
}
