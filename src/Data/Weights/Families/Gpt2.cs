using HeadScope.ModelCore.Model;

namespace HeadScope.Data.Weights.Families;

/// <summary>
/// GPT-2 (Radford et al., 2019): learned positions, fused projections stored input-first, the unembedding tied to the embedding.
/// </summary>
public sealed class Gpt2 : ModelFamily
{
    const string Prefix = "transformer.";

    public override string Name => "GPT-2";

    public override bool Recognizes(ConfigReader config) => config.Architecture == "GPT2LMHeadModel" || config.Text("model_type") == "gpt2";

    public override ModelConfig ReadConfig(ConfigReader config)
    {
        int model = config.Size("n_embd"), heads = config.Size("n_head");
        if (model % heads != 0)
            throw config.Fault("n_head", $"a divisor of n_embd ({model})");
        return new ModelConfig
        {
            Architecture = "GPT2LMHeadModel",
            NLayers = config.Size("n_layer"),
            NHeads = heads,
            NKeyValueHeads = heads,
            DModel = model,
            DHead = model / heads,
            DMlp = config.Size("n_inner", 4 * model),
            DVocab = config.Size("vocab_size"),
            NCtx = config.Has("n_positions") ? config.Size("n_positions") : config.Size("n_ctx"),
            Activation = Activations.Named(config, "activation_function", "gelu_new"),
            Epsilon = (float)config.Number("layer_norm_epsilon", 1e-5),
            AttnScale = config.Flag("scale_attn_weights", true) ? Math.Sqrt(model / heads) : 1,
            ScaleAttnByInverseLayerIdx = config.Flag("scale_attn_by_inverse_layer_idx", false),
            BosToken = config.Token("bos_token_id"),
        };
    }

    public override ParameterMap Map(ModelConfig config, ITensorSource checkpoint)
    {
        int model = config.DModel, heads = config.NHeads, size = config.DHead;
        var map = new ParameterMap();
        map.Copy("embed.W_E", $"{Prefix}wte.weight", config.DVocab, model);
        map.Copy("pos_embed.W_pos", $"{Prefix}wpe.weight", config.NCtx, model);
        for (var l = 0; l < config.NLayers; l++)
        {
            string block = $"blocks.{l}", layer = $"{Prefix}h.{l}";
            map.Copy($"{block}.ln1.w", $"{layer}.ln_1.weight", model);
            map.Copy($"{block}.ln1.b", $"{layer}.ln_1.bias", model);
            map.Copy($"{block}.ln2.w", $"{layer}.ln_2.weight", model);
            map.Copy($"{block}.ln2.b", $"{layer}.ln_2.bias", model);

            // The fused projection is [d_model; (q, k, v), head, d_head].
            foreach (var (which, letter) in new[] { "Q", "K", "V" }.Index())
            {
                map.Add($"{block}.attn.W_{letter}", [$"{layer}.attn.c_attn.weight"], [model, 3 * model], [heads, model, size], (stored, values) =>
                {
                    for (var h = 0; h < heads; h++)
                    {
                        for (var d = 0; d < model; d++)
                            stored.Slice(d * 3 * model + which * model + h * size, size).CopyTo(values[((h * model + d) * size)..]);
                    }
                });
                map.Add($"{block}.attn.b_{letter}", [$"{layer}.attn.c_attn.bias"], [3 * model], [heads, size],
                    (stored, values) => stored.Slice(which * model, model).CopyTo(values));
            }

            map.Copy($"{block}.attn.W_O", $"{layer}.attn.c_proj.weight", heads * size, model);
            map.Copy($"{block}.attn.b_O", $"{layer}.attn.c_proj.bias", model);
            map.Copy($"{block}.mlp.W_in", $"{layer}.mlp.c_fc.weight", model, config.DMlp);
            map.Copy($"{block}.mlp.b_in", $"{layer}.mlp.c_fc.bias", config.DMlp);
            map.Copy($"{block}.mlp.W_out", $"{layer}.mlp.c_proj.weight", config.DMlp, model);
            map.Copy($"{block}.mlp.b_out", $"{layer}.mlp.c_proj.bias", model);
        }

        map.Copy("ln_final.w", $"{Prefix}ln_f.weight", model);
        map.Copy("ln_final.b", $"{Prefix}ln_f.bias", model);
        map.Add(
            ModelWeights.UnembedByToken, ["lm_head.weight", $"{Prefix}wte.weight"], [config.DVocab, model], [config.DVocab, model], null);
        map.AlsoWithout(Prefix);
        return map;
    }
}
