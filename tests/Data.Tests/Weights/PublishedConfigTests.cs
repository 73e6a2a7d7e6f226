using System.Text.Json;
using HeadScope.Data.Weights;
using HeadScope.ModelCore.Compute;
using HeadScope.ModelCore.Model;

namespace HeadScope.Data.Tests.Weights;

/// <summary>What the configurations of models on the hub say of them.</summary>
public class PublishedConfigTests
{
    [Fact]
    public void Qwen3_06B_HasNormsOfQueriesAndKeys()
    {
        var config = Read("""
            {
              "architectures": ["Qwen3ForCausalLM"], "attention_bias": false, "bos_token_id": 151643, "head_dim": 128, "hidden_act": "silu",
              "hidden_size": 1024, "intermediate_size": 3072, "max_position_embeddings": 40960, "max_window_layers": 28, "model_type": "qwen3",
              "num_attention_heads": 16, "num_hidden_layers": 28, "num_key_value_heads": 8, "rms_norm_eps": 1e-06, "rope_scaling": null,
              "rope_theta": 1000000, "sliding_window": null, "tie_word_embeddings": true, "use_sliding_window": false, "vocab_size": 151936
            }
            """);
        Assert.Equal(new HeadShape(16, 8, 128), config.Heads);
        Assert.Equal((QueryKeyNorm.EachHead, true, false), (config.QueryKeyNorm, config.NormsBefore, config.NormsAfter));
        Assert.Equal((1000000, 128, null), (config.RotaryBase, config.RotaryDim, config.RotaryScaling));
        Assert.Equal((1e-6f, true, null), (config.Epsilon, config.TiedEmbeddings, config.Window));
    }

    /// <summary>As Qwen3's page says to set it for long texts.</summary>
    [Fact]
    public void Qwen3_WithYarn_TakesTheFactorThatIsNamed()
    {
        var scaling = Assert.IsType<YarnScaling>(Read("""
            {
              "architectures": ["Qwen3ForCausalLM"], "head_dim": 128, "hidden_size": 1024, "intermediate_size": 3072, "max_position_embeddings": 40960,
              "num_attention_heads": 16, "num_hidden_layers": 28, "num_key_value_heads": 8, "vocab_size": 151936,
              "rope_scaling": { "rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 32768 }
            }
            """).RotaryScaling);
        Assert.Equal(new YarnScaling(4, 32768, 32, 1, 0.1 * Math.Log(4) + 1), scaling);
    }

    [Fact]
    public void Gemma2_2B_HasCapsAndWindowsOnEvenLayers()
    {
        var config = Read("""
            {
              "architectures": ["Gemma2ForCausalLM"], "attention_bias": false, "attn_logit_softcapping": 50.0, "bos_token_id": 2,
              "cache_implementation": "hybrid", "final_logit_softcapping": 30.0, "head_dim": 256, "hidden_act": "gelu_pytorch_tanh",
              "hidden_activation": "gelu_pytorch_tanh", "hidden_size": 2304, "intermediate_size": 9216, "max_position_embeddings": 8192,
              "model_type": "gemma2", "num_attention_heads": 8, "num_hidden_layers": 26, "num_key_value_heads": 4, "query_pre_attn_scalar": 256,
              "rms_norm_eps": 1e-06, "rope_theta": 10000.0, "sliding_window": 4096, "vocab_size": 256000
            }
            """);
        Assert.Equal((50f, 30f), (config.ScoreCap, config.LogitCap));
        Assert.Equal((16, Activation.GeluNew, true), (config.AttnScale, config.Activation, config.TiedEmbeddings));
        Assert.Equal((true, true, QueryKeyNorm.None), (config.NormsBefore, config.NormsAfter, config.QueryKeyNorm));
        Assert.Equal([4096, null, 4096, null], Enumerable.Range(0, 4).Select(config.WindowOf));

        // A cap sees what is the same for all logits; norms after sublayers stay.
        Assert.Equal(["fold_ln", "fold_value_biases"], WeightProcessing.Default.For(config).Names);
    }

    [Fact]
    public void Gemma3_270M_RotatesLayersWithAWindowByAnotherBase()
    {
        var config = Read("""
            {
              "_sliding_window_pattern": 6, "architectures": ["Gemma3ForCausalLM"], "attention_bias": false, "attn_logit_softcapping": null,
              "bos_token_id": 2, "final_logit_softcapping": null, "head_dim": 256, "hidden_activation": "gelu_pytorch_tanh", "hidden_size": 640,
              "intermediate_size": 2048, "max_position_embeddings": 32768, "model_type": "gemma3_text", "num_attention_heads": 4,
              "num_hidden_layers": 18, "num_key_value_heads": 1, "query_pre_attn_scalar": 256, "rms_norm_eps": 1e-06,
              "rope_local_base_freq": 10000.0, "rope_scaling": null, "rope_theta": 1000000.0, "sliding_window": 512,
              "use_bidirectional_attention": false, "vocab_size": 262144
            }
            """);
        Assert.Equal(new HeadShape(4, 1, 256), config.Heads);
        Assert.Equal((1000000, 10000, null), (config.RotaryBase, config.WindowedRotaryBase, config.RotaryScaling));
        Assert.Equal((null, null, QueryKeyNorm.EachHead), (config.ScoreCap, config.LogitCap, config.QueryKeyNorm));
        Assert.Equal([5, 11, 17], Enumerable.Range(0, 18).Where(layer => config.WindowOf(layer) is null));
        Assert.Equal(["fold_ln", "center_unembed", "fold_value_biases"], WeightProcessing.Default.For(config).Names);
    }

    [Fact]
    public void Gemma3_4B_IsItsTextPart()
    {
        var config = Read("""
            {
              "architectures": ["Gemma3ForConditionalGeneration"], "boi_token_index": 255999, "eoi_token_index": 256000, "eos_token_id": [1, 106],
              "image_token_index": 262144, "initializer_range": 0.02, "mm_tokens_per_image": 256, "model_type": "gemma3",
              "text_config": {
                "hidden_size": 2560, "intermediate_size": 10240, "model_type": "gemma3_text", "num_hidden_layers": 34,
                "rope_scaling": { "factor": 8.0, "rope_type": "linear" }, "sliding_window": 1024
              },
              "vision_config": { "hidden_size": 1152, "image_size": 896, "model_type": "siglip_vision_model", "num_hidden_layers": 27 }
            }
            """);
        Assert.Equal((2560, 34, new HeadShape(8, 4, 256)), (config.DModel, config.NLayers, config.Heads));
        Assert.Equal((262208, 131072, 2), (config.DVocab, config.NCtx, config.BosToken));
        Assert.Equal((new LinearScaling(8), 10000), (config.RotaryScaling, config.WindowedRotaryBase));
        Assert.Equal((1024, null), (config.WindowOf(0), config.WindowOf(5)));
    }

    [Fact]
    public void Gemma3_FieldsByKindOfLayer_AreTheSameRotation()
    {
        var config = Read("""
            {
              "architectures": ["Gemma3ForCausalLM"], "hidden_size": 640, "sliding_window": 512,
              "rope_parameters": {
                "full_attention": { "rope_type": "linear", "factor": 8.0, "rope_theta": 1000000.0 },
                "sliding_attention": { "rope_type": "default", "rope_theta": 20000.0 }
              }
            }
            """);
        Assert.Equal((1000000, new LinearScaling(8), 20000), (config.RotaryBase, config.RotaryScaling, config.WindowedRotaryBase));
    }

    [Fact]
    public void Olmo2_1B_HasNormsAfterItsSublayers()
    {
        var config = Read("""
            {
              "architectures": ["Olmo2ForCausalLM"], "attention_bias": false, "hidden_act": "silu", "hidden_size": 2048, "intermediate_size": 8192,
              "max_position_embeddings": 4096, "model_type": "olmo2", "num_attention_heads": 16, "num_hidden_layers": 16, "num_key_value_heads": 16,
              "pad_token_id": 100277, "rms_norm_eps": 1e-06, "rope_scaling": null, "rope_theta": 500000, "tie_word_embeddings": false, "vocab_size": 100352
            }
            """);
        Assert.Equal((false, true, QueryKeyNorm.AllHeads), (config.NormsBefore, config.NormsAfter, config.QueryKeyNorm));
        Assert.Equal((1e-6f, 128, 500000), (config.Epsilon, config.DHead, config.RotaryBase));
        Assert.Equal(["center_unembed", "fold_value_biases"], WeightProcessing.Default.For(config).Names);
    }

    [Fact]
    public void Olmo3_7B_SlowsTheRotationOfLayersWithoutAWindow()
    {
        var config = Read("""
            {
              "architectures": ["Olmo3ForCausalLM"], "attention_bias": false, "hidden_act": "silu", "hidden_size": 4096, "intermediate_size": 11008,
              "max_position_embeddings": 65536, "model_type": "olmo3", "num_attention_heads": 32, "num_hidden_layers": 32, "num_key_value_heads": 32,
              "rms_norm_eps": 1e-06, "rope_theta": 500000, "sliding_window": 4096, "tie_word_embeddings": false, "vocab_size": 100278,
              "rope_scaling": {
                "attention_factor": 1.2079441541679836, "beta_fast": 32.0, "beta_slow": 1.0, "factor": 8.0,
                "original_max_position_embeddings": 8192, "rope_type": "yarn"
              }
            }
            """);
        var scaling = Assert.IsType<YarnScaling>(config.RotaryScaling);
        Assert.Equal(new YarnScaling(8, 8192, 32, 1, 1.2079441541679836), scaling);
        Assert.Equal(0.1 * Math.Log(8) + 1, scaling.AttentionFactor, 1e-12); // what it would be without being named
        Assert.Equal(500000, config.WindowedRotaryBase);
        Assert.Equal([4096, 4096, 4096, null, 4096], Enumerable.Range(0, 5).Select(config.WindowOf));
    }

    [Fact]
    public void Phi3Mini4k_HasAWindowOnEveryLayer()
    {
        var config = Read("""
            {
              "architectures": ["Phi3ForCausalLM"], "bos_token_id": 1, "hidden_act": "silu", "hidden_size": 3072, "intermediate_size": 8192,
              "max_position_embeddings": 4096, "model_type": "phi3", "num_attention_heads": 32, "num_hidden_layers": 32, "num_key_value_heads": 32,
              "original_max_position_embeddings": 4096, "rms_norm_eps": 1e-05, "rope_scaling": null, "rope_theta": 10000.0, "sliding_window": 2047,
              "tie_word_embeddings": false, "vocab_size": 32064
            }
            """);
        Assert.Equal((96, 96, 2047, 1e-5f), (config.DHead, config.RotaryDim, config.WindowOf(31), config.Epsilon));
    }

    /// <summary>With factors of its own for each of the 48 pairs that turn; here they are made up.</summary>
    [Theory]
    [InlineData("longrope")]
    [InlineData("su")]
    public void Phi4Mini_TurnsPartOfEachHeadByTheLengthOfTheSequence(string type)
    {
        var factors = $"[{string.Join(", ", Enumerable.Repeat("1.5", 48))}]";
        var config = Read($$"""
            {
              "architectures": ["Phi3ForCausalLM"], "attention_bias": false, "hidden_act": "silu", "hidden_size": 3072, "intermediate_size": 8192,
              "max_position_embeddings": 131072, "model_type": "phi3", "num_attention_heads": 24, "num_hidden_layers": 32, "num_key_value_heads": 8,
              "original_max_position_embeddings": 4096, "partial_rotary_factor": 0.75, "rms_norm_eps": 1e-05, "rope_theta": 10000.0,
              "rope_scaling": { "long_factor": {{factors}}, "short_factor": {{factors}}, "type": "{{type}}" },
              "sliding_window": 262144, "tie_word_embeddings": true, "vocab_size": 200064
            }
            """);
        Assert.Equal((128, 96, true), (config.DHead, config.RotaryDim, config.TiedEmbeddings));
        var scaling = Assert.IsType<LongRopeScaling>(config.RotaryScaling);
        Assert.Equal(Math.Sqrt(1 + Math.Log(32) / Math.Log(4096)), scaling.AttentionFactor);
        Assert.Equal((false, true), (scaling.IsLong(4096), scaling.IsLong(4097)));
    }

    [Fact]
    public void GptJ_6B_TurnsNeighbouringFeatures()
    {
        var config = Read("""
            {
              "activation_function": "gelu_new", "architectures": ["GPTJForCausalLM"], "bos_token_id": 50256, "layer_norm_epsilon": 1e-05,
              "model_type": "gptj", "n_embd": 4096, "n_head": 16, "n_inner": null, "n_layer": 28, "n_positions": 2048, "rotary": true,
              "rotary_dim": 64, "scale_attn_weights": true, "tie_word_embeddings": false, "vocab_size": 50400
            }
            """);
        Assert.Equal((true, 64, 256, true), (config.RotaryAdjacentPairs, config.RotaryDim, config.DHead, config.ParallelAttnMlp));
        Assert.Equal((16384, Activation.GeluNew, 16), (config.DMlp, config.Activation, config.AttnScale));
    }

    const string Opt125M = """
        {
          "_remove_final_layer_norm": false, "activation_function": "relu", "architectures": ["OPTForCausalLM"], "bos_token_id": 2,
          "do_layer_norm_before": true, "ffn_dim": 3072, "hidden_size": 768, "max_position_embeddings": 2048, "model_type": "opt",
          "num_attention_heads": 12, "num_hidden_layers": 12, "vocab_size": 50272, "word_embed_proj_dim": 768
        }
        """;

    [Fact]
    public void Opt_125M_LearnsItsPositions()
    {
        var config = Read(Opt125M);
        Assert.Equal(
            (PositionalEmbedding.Standard, 2048, Activation.Relu, true),
            (config.PositionalEmbedding, config.NCtx, config.Activation, config.TiedEmbeddings));
        Assert.Equal((64, 8, 3072), (config.DHead, config.AttnScale, config.DMlp));
    }

    /// <summary>OPT-350M is the first two.</summary>
    [Theory]
    [InlineData("\"do_layer_norm_before\": true", "\"do_layer_norm_before\": false", "'do_layer_norm_before' is false, where true belongs")]
    [InlineData("\"word_embed_proj_dim\": 768", "\"word_embed_proj_dim\": 512", "'word_embed_proj_dim' is 512, where hidden_size (768) belongs")]
    [InlineData("\"ffn_dim\"", "\"enable_bias\": false, \"ffn_dim\"", "'enable_bias' is false")]
    [InlineData("\"_remove_final_layer_norm\": false", "\"_remove_final_layer_norm\": true", "'_remove_final_layer_norm' is true")]
    public void Opt_OtherForms_AreRefusedByName(string field, string other, string message) =>
        Assert.Contains(
            message, Assert.Throws<InvalidDataException>(() => Read(Opt125M.Replace(field, other, StringComparison.Ordinal))).Message);

    static ModelConfig Read(string json)
    {
        var reader = new ConfigReader(JsonDocument.Parse(json).RootElement, "config.json");
        return Assert.Single(ModelFamily.All, candidate => candidate.Recognizes(reader)).ReadConfig(reader);
    }
}
