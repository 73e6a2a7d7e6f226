using HeadScope.ModelCore.Model;

namespace HeadScope.Data.Weights.Families;

/// <summary>Qwen3 (Yang et al., arXiv:2505.09388): a norm on each head's queries and keys, and heads of a size of their own.</summary>
public sealed class Qwen3 : QwenLike
{
    public override string Name => "Qwen3";

    protected override string Architecture => "Qwen3ForCausalLM";

    protected override string ModelType => "qwen3";

    protected override string Defaults => """{ "head_dim": 128 }""";

    protected override ModelConfig Complete(ConfigReader config, ModelConfig common) =>
        base.Complete(config, common) with { QueryKeyNorm = QueryKeyNorm.EachHead };

    protected override AttentionBiases ReadBiases(ConfigReader config) =>
        config.Flag("attention_bias", false) ? AttentionBiases.QueryKeyValue | AttentionBiases.Output : AttentionBiases.None;
}
