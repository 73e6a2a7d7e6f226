namespace HeadScope.Data.Weights.Families;

/// <summary>OLMo 2 (Walsh et al., arXiv:2501.00656): norms after the sublayers instead of before them.</summary>
public sealed class Olmo2 : OlmoLike
{
    public override string Name => "OLMo 2";

    protected override string Architecture => "Olmo2ForCausalLM";

    protected override string ModelType => "olmo2";
}
