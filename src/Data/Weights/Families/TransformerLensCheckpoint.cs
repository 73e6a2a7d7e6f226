using HeadScope.ModelCore.Compute;
using HeadScope.ModelCore.Model;

namespace HeadScope.Data.Weights.Families;

/// <summary>
/// A state dict of TransformerLens's <c>HookedTransformer</c>, beside a <c>config.json</c> with the fields of
/// <c>HookedTransformerConfig</c>, at its top or under <c>transformer_lens_cfg</c>.
/// </summary>
public sealed class TransformerLensCheckpoint : ModelFamily
{
    public override string Name => "TransformerLens";

    public override bool Recognizes(ConfigReader config) =>
        Fields(config).Has("n_layers") && Fields(config).Has("d_model") && Fields(config).Has("n_ctx");

    public override ModelConfig ReadConfig(ConfigReader config)
    {
        config = Fields(config);
        int model = config.Size("d_model"), size = config.Size("d_head"), vocabulary = config.Size("d_vocab");
        var attentionOnly = config.Flag("attn_only", false);
        RefuseUnsupported(config);
        var heads = config.Size("n_heads", model / size);
        var window = config.Flag("use_local_attn", false) ? config.Size("window_size") : (int?)null;
        return new ModelConfig
        {
            Architecture = "HookedTransformer",
            NLayers = config.Size("n_layers"),
            NHeads = heads,
            NKeyValueHeads = config.Size("n_key_value_heads", heads),
            DModel = model,
            DHead = size,
            DMlp = attentionOnly ? 0 : config.Size("d_mlp", 4 * model),
            DVocab = vocabulary,
            DVocabOut = config.Size("d_vocab_out", vocabulary),
            NCtx = config.Size("n_ctx"),
            Activation = attentionOnly ? Activation.Gelu : Activations.Named(config, "act_fn", "gelu"),
            GatedMlp = config.Flag("gated_mlp", false),
            Normalization = config.Text("normalization_type") switch
            {
                "LN" or "LNPre" => NormKind.LayerNorm,
                "RMS" or "RMSPre" => NormKind.Rms,
                null => null,
                _ => throw config.Fault("normalization_type", "LN, LNPre, RMS, RMSPre or null"),
            },
            Epsilon = (float)config.Number("eps", 1e-5),
            PositionalEmbedding = config.Text("positional_embedding_type") switch
            {
                "standard" or null => PositionalEmbedding.Standard,
                "rotary" => PositionalEmbedding.Rotary,
                "shortformer" => PositionalEmbedding.Shortformer,
                _ => throw config.Fault("positional_embedding_type", "standard, rotary or shortformer"),
            },
            RotaryDim = config.Size("rotary_dim", size),
            RotaryBase = config.RotaryBase("rotary_base"),
            RotaryScaling = ReadScaling(config),
            WindowedRotaryBase = config.Has("rotary_base_local") ? config.RotaryBase("rotary_base_local") : null,
            RotaryAdjacentPairs = config.Flag("rotary_adjacent_pairs", false),
            NormsAfter = config.Flag("use_normalization_before_and_after", false),
            QueryKeyNorm = config.Flag("use_qk_norm", false) ? QueryKeyNorm.EachHead : QueryKeyNorm.None,
            ScoreCap = ReadCap(config, "attn_scores_soft_cap"),
            LogitCap = ReadCap(config, "output_logits_soft_cap"),
            ParallelAttnMlp = config.Flag("parallel_attn_mlp", false),
            Causal = config.Text("attention_dir") switch
            {
                "causal" or null => true,
                "bidirectional" => false,
                _ => throw config.Fault("attention_dir", "causal or bidirectional"),
            },
            Window = window,
            WindowedLayers = window is null ? null : config.Texts("attn_types")?.Select(type => type == "local").ToList(),
            AttnScale = config.Flag("use_attn_scale", true) ? config.Number("attn_scale", -1) is > 0
                and var scale ? scale : Math.Sqrt(size) : 1,
            ScaleAttnByInverseLayerIdx = config.Flag("scale_attn_by_inverse_layer_idx", false),
            BosToken = config.Token("bos_token_id"),
        };
    }

    public override ParameterMap Map(ModelConfig config, ITensorSource checkpoint)
    {
        long model = config.DModel, heads = config.NHeads, keyValueHeads = config.NKeyValueHeads, size = config.DHead;
        var map = new ParameterMap();
        map.Copy("embed.W_E", "embed.W_E", config.DVocab, model);
        if (config.PositionalEmbedding != PositionalEmbedding.Rotary)
            map.Copy("pos_embed.W_pos", "pos_embed.W_pos", config.NCtx, model);
        for (var l = 0; l < config.NLayers; l++)
        {
            var attention = $"blocks.{l}.attn";
            Norm($"blocks.{l}.ln1");
            if (config.NormsAfter)
                Same($"blocks.{l}.ln1_post.w", model);
            if (config.QueryKeyNorm != QueryKeyNorm.None)
            {
                Same($"{attention}.q_norm.w", size);
                Same($"{attention}.k_norm.w", size);
            }

            Same($"{attention}.W_Q", heads, model, size);
            Same($"{attention}.b_Q", heads, size);
            foreach (var letter in new[] { "K", "V" })
            {
                // Under grouped queries the state dict has the shared heads, with an underscore; the plain name is the expanded ones'.
                map.Add(
                    $"{attention}.W_{letter}", [$"{attention}._W_{letter}", $"{attention}.W_{letter}"], [keyValueHeads, model, size],
                    [keyValueHeads, model, size], null);
                map.Add(
                    $"{attention}.b_{letter}", [$"{attention}._b_{letter}", $"{attention}.b_{letter}"], [keyValueHeads, size],
                    [keyValueHeads, size], null);
            }

            map.Add($"{attention}.W_O", [$"{attention}.W_O"], [heads, size, model], [heads * size, model], null);
            Same($"{attention}.b_O", model);
            if (config.AttnOnly)
                continue;
            Norm($"blocks.{l}.ln2");
            if (config.NormsAfter)
                Same($"blocks.{l}.ln2_post.w", model);
            if (config.GatedMlp)
                Same($"blocks.{l}.mlp.W_gate", model, config.DMlp);
            Same($"blocks.{l}.mlp.W_in", model, config.DMlp);
            Same($"blocks.{l}.mlp.b_in", config.DMlp);
            Same($"blocks.{l}.mlp.W_out", config.DMlp, model);
            Same($"blocks.{l}.mlp.b_out", model);
        }

        Norm("ln_final");
        map.Add(ModelWeights.UnembedByToken, ["unembed.W_U"], [model, config.DVocabOut], [config.DVocabOut, model],
            (stored, values) => Transposition.Into(stored, (int)model, config.DVocabOut, values));
        if (checkpoint.Tensors.ContainsKey("unembed.b_U"))
            Same("unembed.b_U", config.DVocabOut);
        return map;

        void Same(string name, params long[] shape) => map.Copy(name, name, shape);

        // A checkpoint whose norms have been folded (LNPre) has no weights for them.
        void Norm(string name)
        {
            if (config.Normalization is null || !checkpoint.Tensors.ContainsKey($"{name}.w"))
                return;
            Same($"{name}.w", model);
            if (config.Normalization == NormKind.LayerNorm)
                Same($"{name}.b", model);
        }
    }

    static void RefuseUnsupported(ConfigReader config)
    {
        foreach (var field in new[] { "post_embedding_ln", "load_in_4bit", "use_yarn_rope" })
            config.Require(!config.Flag(field, false), field, "false");
        config.Require(config.Number("rotary_scaling_factor", 1) >= 1, "rotary_scaling_factor", "a number from 1 up");
        config.Require(
            config.Text("original_architecture")?.StartsWith("Olmo", StringComparison.Ordinal) is not true, "original_architecture",
            "an architecture whose norms lie where the other fields say");
        config.Require(
            config.Text("normalization_type") is not ("LN" or "LNPre") || !config.Flag("use_normalization_before_and_after", false),
            "use_normalization_before_and_after", "false, where the norms are LayerNorms,");
        config.Require(!config.Has("num_experts"), "num_experts", "null (no experts)");
        config.Require(
            config.Text("normalization_type") is not ("LN" or "LNPre") || !config.Flag("final_rms", false), "final_rms",
            "false, where the other norms are LayerNorms,");
    }

    static RotaryScaling? ReadScaling(ConfigReader config)
    {
        if (config.Flag("use_NTK_by_parts_rope", false))
        {
            return new Llama3Scaling(
                config.Number("NTK_by_parts_factor", 8), config.Size("NTK_original_ctx_len", 8192),
                config.Number("NTK_by_parts_low_freq_factor", 1), config.Number("NTK_by_parts_high_freq_factor", 4));
        }

        return config.Number("rotary_scaling_factor", 1) is not 1 and var factor ? new LinearScaling(factor) : null;
    }

    /// <summary>Null where the field is not above 0: TransformerLens writes -1 for no cap.</summary>
    static float? ReadCap(ConfigReader config, string field) => config.Number(field, -1) is > 0 and var cap ? (float)cap : null;

    static ConfigReader Fields(ConfigReader config) => config.Section("transformer_lens_cfg") ?? config;
}
