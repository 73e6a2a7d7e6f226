using HeadScope.ModelCore.Compute;
using HeadScope.ModelCore.Model;

namespace HeadScope.Data.Weights.Families;

/// <summary>
/// What Llama (Touvron et al., arXiv:2302.13971) and its descendants share: RMSNorm, rotary positions on whole heads, keys and values
/// each read by a group of query heads, and an MLP whose SiLU gates a second projection. What a descendant adds to that is a field of
/// <see cref="ModelConfig"/> as a rule, by which its tensors are known too.
/// </summary>
public abstract class LlamaLike : ModelFamily
{
    const string Prefix = "model.";

    /// <summary>The name under <c>architectures</c>.</summary>
    protected abstract string Architecture { get; }

    protected abstract string ModelType { get; }

    /// <summary>What transformers takes absent fields to be, as JSON, where that differs from Llama.</summary>
    protected virtual string Defaults => "{}";

    /// <summary>The field that names the MLP's activation.</summary>
    protected virtual string ActivationField => "hidden_act";

    /// <summary>Whether layers with a window may rotate by fields of their own.</summary>
    protected virtual bool RotatesByLayerKind => false;

    /// <summary>What is added to the stored weight of a norm.</summary>
    protected virtual float NormOffset => 0;

    public override bool Recognizes(ConfigReader config) => Names(config, Architecture, ModelType);

    public override ModelConfig ReadConfig(ConfigReader config)
    {
        config = config.WithDefaults(Defaults);
        foreach (var field in new[] { "num_local_experts", "num_experts", "quantization_config" })
            config.Require(!config.Has(field), field, "null (neither mixtures of experts nor quantized weights are supported)");
        config.Require(!config.Flag("mlp_bias", false), "mlp_bias", "false");
        int model = config.Size("hidden_size"), heads = config.Size("num_attention_heads");
        if (!config.Has("head_dim") && model % heads != 0)
            throw config.Fault("num_attention_heads", $"a divisor of hidden_size ({model}), or head_dim beside it,");
        var head = config.Size("head_dim", Math.Max(1, model / heads));
        var rotary = (int)(head * ReadRotaryShare(config));
        var angles = RotaryFields.Read(config, rotary, "rope_theta", RotatesByLayerKind);
        return Complete(config, new ModelConfig
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
            Activation = Activations.Named(config, ActivationField, "silu"),
            GatedMlp = true,
            Normalization = NormKind.Rms,
            Epsilon = (float)config.Number("rms_norm_eps", 1e-6),
            PositionalEmbedding = PositionalEmbedding.Rotary,
            RotaryDim = rotary,
            RotaryBase = angles.Base,
            RotaryScaling = angles.Scaling,
            WindowedRotaryBase = angles.WindowedBase,
            AttnScale = Math.Sqrt(head),
            TiedEmbeddings = config.Flag("tie_word_embeddings", false),
            AttentionBiases = ReadBiases(config),
            BosToken = config.Token("bos_token_id"),
        });
    }

    public override ParameterMap Map(ModelConfig config, ITensorSource checkpoint)
    {
        int model = config.DModel, size = config.DHead;
        var map = new ParameterMap();
        MapEmbedding(map, config, $"{Prefix}embed_tokens.weight");
        for (var l = 0; l < config.NLayers; l++)
        {
            string block = $"blocks.{l}", layer = $"{Prefix}layers.{l}";
            if (config.NormsBefore)
            {
                MapNorm(map, $"{block}.ln1", $"{layer}.input_layernorm", model);
                MapNorm(map, $"{block}.ln2", $"{layer}.{(config.NormsAfter ? "pre_feedforward" : "post_attention")}_layernorm", model);
            }

            if (config.NormsAfter)
            {
                MapNorm(map, $"{block}.ln1_post", $"{layer}.post_attention_layernorm", model);
                MapNorm(map, $"{block}.ln2_post", $"{layer}.post_feedforward_layernorm", model);
            }

            if (config.QueryKeyNorm != QueryKeyNorm.None)
            {
                var all = config.QueryKeyNorm == QueryKeyNorm.AllHeads;
                MapNorm(map, $"{block}.attn.q_norm", $"{layer}.self_attn.q_norm", all ? config.NHeads * size : size);
                MapNorm(map, $"{block}.attn.k_norm", $"{layer}.self_attn.k_norm", all ? config.NKeyValueHeads * size : size);
            }

            MapProjections(map, config, block, layer);
            map.Transpose($"{block}.attn.W_O", $"{layer}.self_attn.o_proj.weight", config.NHeads * size, model);
            if (config.AttentionBiases.HasFlag(AttentionBiases.Output))
                map.Copy($"{block}.attn.b_O", $"{layer}.self_attn.o_proj.bias", model);
            map.Transpose($"{block}.mlp.W_out", $"{layer}.mlp.down_proj.weight", config.DMlp, model);
        }

        MapNorm(map, "ln_final", $"{Prefix}norm", model);
        map.Copy(
            ModelWeights.UnembedByToken, config.TiedEmbeddings ? $"{Prefix}embed_tokens.weight" : "lm_head.weight", config.DVocab, model);
        map.AlsoWithout(Prefix);
        return map;
    }

    /// <summary>What a descendant knows besides.</summary>
    /// <param name="config">With <see cref="Defaults"/>.</param>
    protected virtual ModelConfig Complete(ConfigReader config, ModelConfig common) => common;

    protected virtual void MapEmbedding(ParameterMap map, ModelConfig config, string source) =>
        map.Copy("embed.W_E", source, config.DVocab, config.DModel);

    /// <summary>Queries, keys, values, gate and the MLP's first projection.</summary>
    protected virtual void MapProjections(ParameterMap map, ModelConfig config, string block, string layer)
    {
        int model = config.DModel, size = config.DHead;
        foreach (var (letter, heads) in new[] { ("Q", config.NHeads), ("K", config.NKeyValueHeads), ("V", config.NKeyValueHeads) })
        {
            var projection = $"{layer}.self_attn.{letter.ToLowerInvariant()}_proj";
            map.Heads($"{block}.attn.W_{letter}", $"{projection}.weight", heads, model, size);
            if (config.AttentionBiases.HasFlag(AttentionBiases.QueryKeyValue))
                map.Add($"{block}.attn.b_{letter}", [$"{projection}.bias"], [heads * size], [heads, size], null);
        }

        map.Transpose($"{block}.mlp.W_gate", $"{layer}.mlp.gate_proj.weight", model, config.DMlp);
        map.Transpose($"{block}.mlp.W_in", $"{layer}.mlp.up_proj.weight", model, config.DMlp);
    }

    /// <summary>The share of each head's features that turns.</summary>
    protected virtual double ReadRotaryShare(ConfigReader config)
    {
        const string Field = "partial_rotary_factor";
        foreach (var fields in new[] { config, config.Section("rope_parameters") }.OfType<ConfigReader>())
            fields.Require(fields.Number(Field, 1) == 1, Field, "1");
        return 1;
    }

    /// <summary>Which layers have a window: as <c>layer_types</c> names them or, in older files, as the family has them.</summary>
    protected static IReadOnlyList<bool> ReadWindowedLayers(ConfigReader config, int layers, Func<int, bool> otherwise)
    {
        if (config.Texts("layer_types") is not { } types)
            return [.. Enumerable.Range(0, layers).Select(otherwise)];
        config.Require(
            types.Count == layers && types.All(type => type is "sliding_attention" or "full_attention"),
            "layer_types", $"a list of {layers} times sliding_attention or full_attention");
        return [.. types.Select(type => type == "sliding_attention")];
    }

    /// <summary>Which of attention's projections have biases.</summary>
    protected virtual AttentionBiases ReadBiases(ConfigReader config)
    {
        config.Require(!config.Flag("attention_bias", false), "attention_bias", "false");
        return AttentionBiases.None;
    }

    void MapNorm(ParameterMap map, string norm, string source, int features)
    {
        if (NormOffset == 0)
            map.Copy($"{norm}.w", $"{source}.weight", features);
        else
            map.Convert($"{norm}.w", $"{source}.weight", stored => NormOffset + stored, features);
    }
}
