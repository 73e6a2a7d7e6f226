using HeadScope.ModelCore.Model;

namespace HeadScope.Data.Weights.Families;

/// <summary>What the Qwen models share: Llama with a window on some layers if asked.</summary>
public abstract class QwenLike : LlamaLike
{
    protected override ModelConfig Complete(ConfigReader config, ModelConfig common)
    {
        // sliding_window is in every configuration; it holds only where use_sliding_window says so.
        if (!config.Flag("use_sliding_window", false) || !config.Has("sliding_window"))
            return common;

        // Older files name the first layer that has one.
        var first = config.Has("layer_types") ? 0 : config.Number("max_window_layers");
        return common with
        {
            Window = config.Size("sliding_window"),
            WindowedLayers = ReadWindowedLayers(config, common.NLayers, layer => layer >= first),
        };
    }
}
