namespace HeadScope.Data.Weights.Families;

/// <summary>Gemma 2 (Riviere et al., arXiv:2408.00118): caps on attention scores and logits, and a window on every other layer.</summary>
public sealed class Gemma2 : GemmaLike
{
    public override string Name => "Gemma 2";

    protected override string Architecture => "Gemma2ForCausalLM";

    protected override string ModelType => "gemma2";

    protected override string Defaults => """
        {
          "head_dim": 256, "max_position_embeddings": 8192, "query_pre_attn_scalar": 256, "sliding_window": 4096,
          "tie_word_embeddings": true, "attn_logit_softcapping": 50.0, "final_logit_softcapping": 30.0, "bos_token_id": 2
        }
        """;

    protected override bool HasWindow(ConfigReader config, int layer) => layer % 2 == 0;
}
