using HeadScope.ModelCore.Model;

namespace HeadScope.Data.Weights.Families;

/// <summary>Mistral (Jiang et al., arXiv:2310.06825): Llama with a window on attention.</summary>
public sealed class Mistral : LlamaLike
{
    public override string Name => "Mistral";

    protected override string Architecture => "MistralForCausalLM";

    protected override string ModelType => "mistral";

    /// <summary>Models without a window say null.</summary>
    protected override string Defaults => """{ "sliding_window": 4096 }""";

    protected override ModelConfig Complete(ConfigReader config, ModelConfig common) =>
        common with { Window = config.Has("sliding_window") ? config.Size("sliding_window") : null };
}
