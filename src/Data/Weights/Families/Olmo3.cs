using HeadScope.ModelCore.Model;

namespace HeadScope.Data.Weights.Families;

/// <summary>OLMo 3 (Ai2, 2025): OLMo 2 with a window on three of four layers, whose angles are never slowed down.</summary>
public sealed class Olmo3 : OlmoLike
{
    public override string Name => "OLMo 3";

    protected override string Architecture => "Olmo3ForCausalLM";

    protected override string ModelType => "olmo3";

    protected override bool RotatesByLayerKind => true;

    protected override string Defaults => """{ "rms_norm_eps": 1e-5, "sliding_window": 4096 }""";

    protected override ModelConfig Complete(ConfigReader config, ModelConfig common) => base.Complete(config, common) with
    {
        Window = config.Size("sliding_window"),
        WindowedLayers = ReadWindowedLayers(config, common.NLayers, layer => (layer + 1) % 4 != 0),
        WindowedRotaryBase = common.WindowedRotaryBase ?? common.RotaryBase,
    };
}
