using HeadScope.ModelCore.Model;

namespace HeadScope.Data.Weights.Families;

/// <summary>OPT (Zhang et al., arXiv:2205.01068): learned positions behind two unused rows of their table, ReLU, tied embeddings.</summary>
public sealed class Opt : ModelFamily
{
    const string Prefix = "model.";

    /// <summary>Rows of the table of positions before that of position 0.</summary>
    const int FirstPosition = 2;

    public override string Name => "OPT";

    public override bool Recognizes(ConfigReader config) => Names(config, "OPTForCausalLM", "opt");

    public override ModelConfig ReadConfig(ConfigReader config)
    {
        config.Require(!config.Has("quantization_config"), "quantization_config", "null (quantized weights are not supported)");
        foreach (var field in new[] { "do_layer_norm_before", "enable_bias", "layer_norm_elementwise_affine" })
            config.Require(config.Flag(field, true), field, "true");
        config.Require(!config.Flag("_remove_final_layer_norm", false), "_remove_final_layer_norm", "false");
        int model = config.Size("hidden_size"), heads = config.Size("num_attention_heads");
        config.Require(config.Size("word_embed_proj_dim", model) == model, "word_embed_proj_dim", $"hidden_size ({model})");
        if (model % heads != 0)
            throw config.Fault("num_attention_heads", $"a divisor of hidden_size ({model})");
        return new ModelConfig
        {
            Architecture = "OPTForCausalLM",
            NLayers = config.Size("num_hidden_layers"),
            NHeads = heads,
            NKeyValueHeads = heads,
            DModel = model,
            DHead = model / heads,
            DMlp = config.Size("ffn_dim"),
            DVocab = config.Size("vocab_size"),
            NCtx = config.Size("max_position_embeddings"),
            Activation = Activations.Named(config, "activation_function", "relu"),
            AttnScale = Math.Sqrt(model / heads),
            TiedEmbeddings = config.Flag("tie_word_embeddings", true),
            BosToken = config.Token("bos_token_id"),
        };
    }

    public override ParameterMap Map(ModelConfig config, ITensorSource checkpoint)
    {
        int model = config.DModel, heads = config.NHeads, size = config.DHead;
        const string Decoder = $"{Prefix}decoder.";
        var map = new ParameterMap();
        map.Copy("embed.W_E", $"{Decoder}embed_tokens.weight", config.DVocab, model);
        map.Add("pos_embed.W_pos", [$"{Decoder}embed_positions.weight"], [config.NCtx + FirstPosition, model], [config.NCtx, model],
            (stored, values) => stored[(FirstPosition * model)..].CopyTo(values));
        for (var l = 0; l < config.NLayers; l++)
        {
            string block = $"blocks.{l}", layer = $"{Decoder}layers.{l}";
            MapNorm($"{block}.ln1", $"{layer}.self_attn_layer_norm");
            MapNorm($"{block}.ln2", $"{layer}.final_layer_norm");
            foreach (var letter in new[] { "Q", "K", "V" })
            {
                var projection = $"{layer}.self_attn.{letter.ToLowerInvariant()}_proj";
                map.Heads($"{block}.attn.W_{letter}", $"{projection}.weight", heads, model, size);
                map.Add($"{block}.attn.b_{letter}", [$"{projection}.bias"], [model], [heads, size], null);
            }

            map.Transpose($"{block}.attn.W_O", $"{layer}.self_attn.out_proj.weight", heads * size, model);
            map.Copy($"{block}.attn.b_O", $"{layer}.self_attn.out_proj.bias", model);
            map.Transpose($"{block}.mlp.W_in", $"{layer}.fc1.weight", model, config.DMlp);
            map.Copy($"{block}.mlp.b_in", $"{layer}.fc1.bias", config.DMlp);
            map.Transpose($"{block}.mlp.W_out", $"{layer}.fc2.weight", config.DMlp, model);
            map.Copy($"{block}.mlp.b_out", $"{layer}.fc2.bias", model);
        }

        MapNorm("ln_final", $"{Decoder}final_layer_norm");
        var unembed = config.TiedEmbeddings ? $"{Decoder}embed_tokens.weight" : "lm_head.weight";
        map.Copy(ModelWeights.UnembedByToken, unembed, config.DVocab, model);
        map.AlsoWithout(Prefix);
        return map;

        void MapNorm(string norm, string source)
        {
            map.Copy($"{norm}.w", $"{source}.weight", model);
            map.Copy($"{norm}.b", $"{source}.bias", model);
        }
    }
}
