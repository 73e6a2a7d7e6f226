using HeadScope.ModelCore.Model;

namespace HeadScope.Data.Weights.Families;

/// <summary>
/// GPT-J (Wang and Komatsuzaki, 2021): attention beside the MLP, both reading one norm; neighbouring features turn together.
/// </summary>
public sealed class GptJ : ModelFamily
{
    const string Prefix = "transformer.";

    public override string Name => "GPT-J";

    public override bool Recognizes(ConfigReader config) => Names(config, "GPTJForCausalLM", "gptj");

    public override ModelConfig ReadConfig(ConfigReader config)
    {
        config.Require(!config.Has("quantization_config"), "quantization_config", "null (quantized weights are not supported)");
        int model = config.Size("n_embd"), heads = config.Size("n_head");
        if (model % heads != 0)
            throw config.Fault("n_head", $"a divisor of n_embd ({model})");
        var rotary = config.Size("rotary_dim", 64);
        config.Require(rotary % 2 == 0 && rotary <= model / heads, "rotary_dim", $"an even number up to d_head ({model / heads})");
        return new ModelConfig
        {
            Architecture = "GPTJForCausalLM",
            NLayers = config.Size("n_layer"),
            NHeads = heads,
            NKeyValueHeads = heads,
            DModel = model,
            DHead = model / heads,
            DMlp = config.Size("n_inner", 4 * model),
            DVocab = config.Size("vocab_size"),
            NCtx = config.Size("n_positions"),
            Activation = Activations.Named(config, "activation_function", "gelu_new"),
            Epsilon = (float)config.Number("layer_norm_epsilon", 1e-5),
            PositionalEmbedding = PositionalEmbedding.Rotary,
            RotaryDim = rotary,
            RotaryAdjacentPairs = true,
            ParallelAttnMlp = true,
            AttnScale = Math.Sqrt(model / heads),
            TiedEmbeddings = config.Flag("tie_word_embeddings", false),
            BosToken = config.Token("bos_token_id"),
        };
    }

    public override ParameterMap Map(ModelConfig config, ITensorSource checkpoint)
    {
        int model = config.DModel, heads = config.NHeads, size = config.DHead;
        var map = new ParameterMap();
        map.Copy("embed.W_E", $"{Prefix}wte.weight", config.DVocab, model);
        for (var l = 0; l < config.NLayers; l++)
        {
            string block = $"blocks.{l}", layer = $"{Prefix}h.{l}";
            foreach (var norm in new[] { "ln1", "ln2" })
            {
                map.Copy($"{block}.{norm}.w", $"{layer}.ln_1.weight", model);
                map.Copy($"{block}.{norm}.b", $"{layer}.ln_1.bias", model);
            }

            foreach (var letter in new[] { "Q", "K", "V" })
                map.Heads($"{block}.attn.W_{letter}", $"{layer}.attn.{letter.ToLowerInvariant()}_proj.weight", heads, model, size);
            map.Transpose($"{block}.attn.W_O", $"{layer}.attn.out_proj.weight", heads * size, model);
            map.Transpose($"{block}.mlp.W_in", $"{layer}.mlp.fc_in.weight", model, config.DMlp);
            map.Copy($"{block}.mlp.b_in", $"{layer}.mlp.fc_in.bias", config.DMlp);
            map.Transpose($"{block}.mlp.W_out", $"{layer}.mlp.fc_out.weight", config.DMlp, model);
            map.Copy($"{block}.mlp.b_out", $"{layer}.mlp.fc_out.bias", model);
        }

        map.Copy("ln_final.w", $"{Prefix}ln_f.weight", model);
        map.Copy("ln_final.b", $"{Prefix}ln_f.bias", model);
        map.Copy(ModelWeights.UnembedByToken, config.TiedEmbeddings ? $"{Prefix}wte.weight" : "lm_head.weight", config.DVocab, model);
        map.Copy("unembed.b_U", "lm_head.bias", config.DVocab);
        map.AlsoWithout(Prefix);
        return map;
    }
}
