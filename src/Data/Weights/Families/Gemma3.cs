using HeadScope.ModelCore.Model;

namespace HeadScope.Data.Weights.Families;

/// <summary>
/// The text models of Gemma 3 (Kamath et al., arXiv:2503.19786): a norm on each head's queries and keys, and five layers with a window, and
/// a rotary base of their own, for each without. Of a checkpoint that also reads images, the text part.
/// </summary>
public sealed class Gemma3 : GemmaLike
{
    public override string Name => "Gemma 3";

    protected override string Architecture => "Gemma3ForCausalLM";

    protected override string ModelType => "gemma3_text";

    protected override bool RotatesByLayerKind => true;

    protected override string Defaults => """
        {
          "vocab_size": 262208, "hidden_size": 2304, "intermediate_size": 9216, "num_hidden_layers": 26, "num_attention_heads": 8,
          "num_key_value_heads": 4, "head_dim": 256, "max_position_embeddings": 131072, "query_pre_attn_scalar": 256,
          "sliding_window": 4096, "rope_theta": 1000000.0, "rope_local_base_freq": 10000.0, "tie_word_embeddings": true, "bos_token_id": 2
        }
        """;

    public override bool Recognizes(ConfigReader config) => base.Recognizes(config) || ReadsImages(config);

    public override ModelConfig ReadConfig(ConfigReader config) => base.ReadConfig(ReadsImages(config) ? Text(config) : config);

    public override ParameterMap Map(ModelConfig config, ITensorSource checkpoint)
    {
        var map = base.Map(config, checkpoint);
        map.AlsoAs("model.", "language_model.model.");
        map.AlsoAs("model.", "model.language_model.");
        return map;
    }

    protected override ModelConfig Complete(ConfigReader config, ModelConfig common) => base.Complete(config, common) with
    {
        QueryKeyNorm = QueryKeyNorm.EachHead,
        WindowedRotaryBase = common.WindowedRotaryBase ?? config.RotaryBase("rope_local_base_freq"),
    };

    protected override bool HasWindow(ConfigReader config, int layer)
    {
        var pattern = config.Size(config.Has("_sliding_window_pattern") ? "_sliding_window_pattern" : "sliding_window_pattern", 6);
        return (layer + 1) % pattern != 0;
    }

    static bool ReadsImages(ConfigReader config) => Names(config, "Gemma3ForConditionalGeneration", "gemma3");

    static ConfigReader Text(ConfigReader config) =>
        config.Section("text_config") ?? throw config.Fault("text_config", "the text model's configuration");
}
