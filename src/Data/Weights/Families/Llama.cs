using HeadScope.ModelCore.Model;

namespace HeadScope.Data.Weights.Families;

/// <summary>Llama 1 to 3 and the many models that take its form.</summary>
public sealed class Llama : LlamaLike
{
    public override string Name => "Llama";

    protected override string Architecture => "LlamaForCausalLM";

    protected override string ModelType => "llama";

    protected override AttentionBiases ReadBiases(ConfigReader config) =>
        config.Flag("attention_bias", false) ? AttentionBiases.QueryKeyValue | AttentionBiases.Output : AttentionBiases.None;
}
