using HeadScope.ModelCore.Model;

namespace HeadScope.Data.Weights.Families;

/// <summary>Qwen2 and Qwen2.5 (Yang et al., arXiv:2407.10671): with biases on queries, keys and values.</summary>
public sealed class Qwen2 : QwenLike
{
    public override string Name => "Qwen2";

    protected override string Architecture => "Qwen2ForCausalLM";

    protected override string ModelType => "qwen2";

    protected override AttentionBiases ReadBiases(ConfigReader config) => AttentionBiases.QueryKeyValue;
}
