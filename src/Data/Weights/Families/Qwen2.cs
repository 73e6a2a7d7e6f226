using HeadScope.ModelCore.Model;

namespace HeadScope.Data.Weights.Families;

/// <summary>Qwen2 and Qwen2.5 (Yang et al., arXiv:2407.10671): Llama with biases on queries, keys and values, and a window on some layers if asked.</summary>
public sealed class Qwen2 : LlamaLike
{
    public override string Name => "Qwen2";

    protected override string Architecture => "Qwen2ForCausalLM";

    protected override string ModelType => "qwen2";

    public override ModelConfig ReadConfig(ConfigReader config)
    {
        var common = base.ReadConfig(config);

        // sliding_window is in every configuration; it holds only where use_sliding_window says so.
        if (!config.Flag("use_sliding_window", false) || !config.Has("sliding_window"))
            return common;
        return common with { Window = config.Size("sliding_window"), WindowedLayers = ReadWindowedLayers(config, common.NLayers) };
    }

    protected override AttentionBiases ReadBiases(ConfigReader config) => AttentionBiases.QueryKeyValue;

    /// <summary>Named layer by layer or, in older files, all but the first <c>max_window_layers</c>.</summary>
    static IReadOnlyList<bool> ReadWindowedLayers(ConfigReader config, int layers)
    {
        if (config.Texts("layer_types") is not { } types)
        {
            var first = config.Number("max_window_layers");
            return [.. Enumerable.Range(0, layers).Select(layer => layer >= first)];
        }

        config.Require(
            types.Count == layers && types.All(type => type is "sliding_attention" or "full_attention"),
            "layer_types", $"a list of {layers} times sliding_attention or full_attention");
        return [.. types.Select(type => type == "sliding_attention")];
    }
}
