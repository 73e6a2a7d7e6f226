using HeadScope.ModelCore.Compute;
using HeadScope.ModelCore.Model;

namespace HeadScope.Data.Weights.Families;

/// <summary>
/// What Llama (Touvron et al., arXiv:2302.13971) and its descendants share: RMSNorm, rotary positions on whole heads, keys and values
/// each read by a group of query heads, and an MLP whose SiLU gates a second projection.
/// </summary>
public abstract class LlamaLike : ModelFamily
{
    const string Prefix = "model.";

    /// <summary>The name under <c>architectures</c>.</summary>
    protected abstract string Architecture { get; }

    protected abstract string ModelType { get; }

    /// <summary>The architecture decides where it is named: variants with experts or other heads share the model type.</summary>
    public override bool Recognizes(ConfigReader config) => config.Architecture is { } named ? named == Architecture : config.Text("model_type") == ModelType;

    public override ModelConfig ReadConfig(ConfigReader config)
    {
        foreach (var field in new[] { "num_local_experts", "num_experts", "quantization_config" })
            config.Require(!config.Has(field), field, "null (neither mixtures of experts nor quantized weights are supported)");
        config.Require(!config.Flag("mlp_bias", false), "mlp_bias", "false");
        config.Require(config.Number("partial_rotary_factor", 1) == 1, "partial_rotary_factor", "1");
        int model = config.Size("hidden_size"), heads = config.Size("num_attention_heads");
        if (!config.Has("head_dim") && model % heads != 0)
            throw config.Fault("num_attention_heads", $"a divisor of hidden_size ({model}), or head_dim beside it,");
        var head = config.Size("head_dim", Math.Max(1, model / heads));
        var (rotaryBase, scaling) = RotaryFields.Read(config, "rope_theta");
        return new ModelConfig
        {
            Architecture = Architecture,
            NLayers = config.Size("num_hidden_layers"),
            NHeads = heads,
            NKeyValueHeads = config.Size("num_key_value_heads", heads),
            DModel = model,
            DHead = head,
            DMlp = config.Size("intermediate_size"),
            DVocab = config.Size("vocab_size"),
            NCtx = config.Size("max_position_embeddings"),
            Activation = Activations.Named(config, "hidden_act", "silu"),
            GatedMlp = true,
            Normalization = NormKind.Rms,
            Epsilon = (float)config.Number("rms_norm_eps", 1e-6),
            PositionalEmbedding = PositionalEmbedding.Rotary,
            RotaryDim = head,
            RotaryBase = rotaryBase,
            RotaryScaling = scaling,
            AttnScale = Math.Sqrt(head),
            TiedEmbeddings = config.Flag("tie_word_embeddings", false),
            AttentionBiases = ReadBiases(config),
            BosToken = config.Token("bos_token_id"),
        };
    }

    public override ParameterMap Map(ModelConfig config, ITensorSource checkpoint)
    {
        int model = config.DModel, size = config.DHead;
        var map = new ParameterMap();
        map.Copy("embed.W_E", $"{Prefix}embed_tokens.weight", config.DVocab, model);
        for (var l = 0; l < config.NLayers; l++)
        {
            string block = $"blocks.{l}", layer = $"{Prefix}layers.{l}";
            map.Copy($"{block}.ln1.w", $"{layer}.input_layernorm.weight", model);
            map.Copy($"{block}.ln2.w", $"{layer}.post_attention_layernorm.weight", model);
            foreach (var (letter, heads) in new[] { ("Q", config.NHeads), ("K", config.NKeyValueHeads), ("V", config.NKeyValueHeads) })
            {
                var projection = $"{layer}.self_attn.{letter.ToLowerInvariant()}_proj";
                map.Heads($"{block}.attn.W_{letter}", $"{projection}.weight", heads, model, size);
                if (config.AttentionBiases.HasFlag(AttentionBiases.QueryKeyValue))
                    map.Add($"{block}.attn.b_{letter}", [$"{projection}.bias"], [heads * size], [heads, size], null);
            }

            map.Transpose($"{block}.attn.W_O", $"{layer}.self_attn.o_proj.weight", config.NHeads * size, model);
            if (config.AttentionBiases.HasFlag(AttentionBiases.Output))
                map.Copy($"{block}.attn.b_O", $"{layer}.self_attn.o_proj.bias", model);
            map.Transpose($"{block}.mlp.W_gate", $"{layer}.mlp.gate_proj.weight", model, config.DMlp);
            map.Transpose($"{block}.mlp.W_in", $"{layer}.mlp.up_proj.weight", model, config.DMlp);
            map.Transpose($"{block}.mlp.W_out", $"{layer}.mlp.down_proj.weight", config.DMlp, model);
        }

        map.Copy("ln_final.w", $"{Prefix}norm.weight", model);
        map.Copy(ModelWeights.UnembedByToken, config.TiedEmbeddings ? $"{Prefix}embed_tokens.weight" : "lm_head.weight", config.DVocab, model);
        map.AlsoWithout(Prefix);
        return map;
    }

    /// <summary>Which of attention's projections have biases.</summary>
    protected virtual AttentionBiases ReadBiases(ConfigReader config)
    {
        config.Require(!config.Flag("attention_bias", false), "attention_bias", "false");
        return AttentionBiases.None;
    }
}
