using HeadScope.ModelCore.Compute;
using HeadScope.ModelCore.Model;

namespace HeadScope.Data.Weights.Families;

/// <summary>
/// GPT-NeoX (Black et al., arXiv:2204.06745) and Pythia: rotary positions on part of each head, attention beside the MLP.
/// </summary>
public sealed class GptNeoX : ModelFamily
{
    const string Prefix = "gpt_neox.";

    public override string Name => "GPT-NeoX";

    public override bool Recognizes(ConfigReader config) =>
        config.Architecture == "GPTNeoXForCausalLM" || config.Text("model_type") == "gpt_neox";

    public override ModelConfig ReadConfig(ConfigReader config)
    {
        int model = config.Size("hidden_size"), heads = config.Size("num_attention_heads");
        if (model % heads != 0)
            throw config.Fault("num_attention_heads", $"a divisor of hidden_size ({model})");
        var head = model / heads;
        var rotary = (int)(head * (config.Section("rope_parameters")?.Number(
            "partial_rotary_factor", 0.25) ?? config.Number("rotary_pct", 0.25)));
        if (rotary is 0 || rotary % 2 != 0)
            throw config.Fault("rotary_pct", $"a share of d_head ({head}) that is even and not 0");
        var angles = RotaryFields.Read(config, rotary, "rotary_emb_base");
        return new ModelConfig
        {
            Architecture = "GPTNeoXForCausalLM",
            NLayers = config.Size("num_hidden_layers"),
            NHeads = heads,
            NKeyValueHeads = heads,
            DModel = model,
            DHead = head,
            DMlp = config.Size("intermediate_size"),
            DVocab = config.Size("vocab_size"),
            NCtx = config.Size("max_position_embeddings"),
            Activation = Activations.Named(config, "hidden_act", "gelu"),
            Epsilon = (float)config.Number("layer_norm_eps", 1e-5),
            PositionalEmbedding = PositionalEmbedding.Rotary,
            RotaryDim = rotary,
            RotaryBase = angles.Base,
            RotaryScaling = angles.Scaling,
            ParallelAttnMlp = config.Flag("use_parallel_residual", true),
            AttnScale = Math.Sqrt(head),
            BosToken = config.Token("bos_token_id"),
        };
    }

    public override ParameterMap Map(ModelConfig config, ITensorSource checkpoint)
    {
        int model = config.DModel, heads = config.NHeads, size = config.DHead;
        var map = new ParameterMap();
        map.Copy("embed.W_E", $"{Prefix}embed_in.weight", config.DVocab, model);
        for (var l = 0; l < config.NLayers; l++)
        {
            string block = $"blocks.{l}", layer = $"{Prefix}layers.{l}";
            map.Copy($"{block}.ln1.w", $"{layer}.input_layernorm.weight", model);
            map.Copy($"{block}.ln1.b", $"{layer}.input_layernorm.bias", model);
            map.Copy($"{block}.ln2.w", $"{layer}.post_attention_layernorm.weight", model);
            map.Copy($"{block}.ln2.b", $"{layer}.post_attention_layernorm.bias", model);

            // The fused projection is [head, (q, k, v), d_head; d_model].
            var fused = $"{layer}.attention.query_key_value";
            foreach (var (which, letter) in new[] { "Q", "K", "V" }.Index())
            {
                map.Add($"{block}.attn.W_{letter}", [$"{fused}.weight"], [3 * heads * size, model], [heads, model, size], (stored, values) =>
                {
                    for (var h = 0; h < heads; h++)
                    {
                        Transposition.Into(
                            stored.Slice((h * 3 + which) * size * model, size * model), size, model,
                            values.Slice(h * model * size, model * size));
                    }
                });
                map.Add($"{block}.attn.b_{letter}", [$"{fused}.bias"], [3 * heads * size], [heads, size], (stored, values) =>
                {
                    for (var h = 0; h < heads; h++)
                        stored.Slice((h * 3 + which) * size, size).CopyTo(values[(h * size)..]);
                });
            }

            map.Transpose($"{block}.attn.W_O", $"{layer}.attention.dense.weight", heads * size, model);
            map.Copy($"{block}.attn.b_O", $"{layer}.attention.dense.bias", model);
            map.Transpose($"{block}.mlp.W_in", $"{layer}.mlp.dense_h_to_4h.weight", model, config.DMlp);
            map.Copy($"{block}.mlp.b_in", $"{layer}.mlp.dense_h_to_4h.bias", config.DMlp);
            map.Transpose($"{block}.mlp.W_out", $"{layer}.mlp.dense_4h_to_h.weight", config.DMlp, model);
            map.Copy($"{block}.mlp.b_out", $"{layer}.mlp.dense_4h_to_h.bias", model);
        }

        map.Copy("ln_final.w", $"{Prefix}final_layer_norm.weight", model);
        map.Copy("ln_final.b", $"{Prefix}final_layer_norm.bias", model);
        map.Copy(ModelWeights.UnembedByToken, "embed_out.weight", config.DVocab, model);
        map.AlsoWithout(Prefix);
        return map;
    }
}
