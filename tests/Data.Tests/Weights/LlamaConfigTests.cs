using System.Text.Json;
using System.Text.Json.Nodes;
using HeadScope.Data.Weights;
using HeadScope.ModelCore.Compute;
using HeadScope.ModelCore.Model;

namespace HeadScope.Data.Tests.Weights;

/// <summary>How configurations of the Llama family read, in the styles of several years.</summary>
public class LlamaConfigTests
{
    [Fact]
    public void Read_OldAndNewStyle_AreTheSameRotation()
    {
        const string Scaling = """ "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 8192 """;
        var old = Read("Llama", $$""" "rope_theta": 500000.0, "rope_scaling": { "rope_type": "llama3", {{Scaling}} } """);
        Assert.Equal(500000, old.RotaryBase);
        Assert.Equal(new Llama3Scaling(8, 8192, 1, 4), old.RotaryScaling);
        Assert.Equal(old, Read("Llama", $$""" "rope_parameters": { "rope_theta": 500000.0, "rope_type": "llama3", {{Scaling}} } """));
        Assert.Equal(old, Read("Llama", $$""" "rope_theta": 500000.0, "rope_scaling": { "type": "llama3", {{Scaling}} } """));

        var plain = Read("Llama", "");
        Assert.Equal((10000, null), (plain.RotaryBase, plain.RotaryScaling));
        Assert.Equal(plain, Read("Llama", """ "rope_scaling": null """));
        Assert.Equal(plain, Read("Llama", """ "rope_parameters": { "rope_theta": 10000, "rope_type": "default" } """));
        Assert.Equal(new LinearScaling(4), Read("Llama", """ "rope_scaling": { "type": "linear", "factor": 4.0 } """).RotaryScaling);
    }

    [Fact]
    public void Read_HeadSize_IsNamedOrAShareOfTheModel()
    {
        Assert.Equal(16, Read("Llama", "").DHead);
        Assert.Equal(16, Read("Llama", """ "head_dim": null """).DHead);
        var named = Read("Mistral", """ "head_dim": 32, "num_key_value_heads": 1 """);
        Assert.Equal(new HeadShape(4, 1, 32), named.Heads);
        Assert.Equal((32, Math.Sqrt(32)), (named.RotaryDim, named.AttnScale));
        Assert.Equal(4, Read("Llama", "").NKeyValueHeads);
    }

    [Theory]
    [InlineData("Mistral", "\"sliding_window\": 12", "12 12 12")]
    [InlineData("Mistral", "\"sliding_window\": null", "- - -")]
    [InlineData("Mistral", "", "4096 4096 4096")]
    [InlineData("Llama", "\"sliding_window\": 12", "- - -")]
    [InlineData("Qwen2", "\"sliding_window\": 12, \"use_sliding_window\": false, \"max_window_layers\": 0", "- - -")]
    [InlineData("Qwen2", "\"sliding_window\": 12, \"use_sliding_window\": true, \"max_window_layers\": 1", "- 12 12")]
    [InlineData("Qwen2", "\"sliding_window\": 12, \"use_sliding_window\": true, \"max_window_layers\": 3", "- - -")]
    [InlineData("Qwen2", "\"sliding_window\": 12, \"use_sliding_window\": true, \"layer_types\": [\"sliding_attention\", \"full_attention\", \"sliding_attention\"]", "12 - 12")]
    [InlineData("Qwen3", "\"sliding_window\": 12, \"use_sliding_window\": true, \"max_window_layers\": 2", "- - 12")]
    [InlineData("Gemma2", "\"sliding_window\": 12", "12 - 12")]
    [InlineData("Gemma3", "\"sliding_window\": 12, \"sliding_window_pattern\": 2", "12 - 12")]
    [InlineData("Gemma3", "\"sliding_window\": 12, \"layer_types\": [\"full_attention\", \"full_attention\", \"sliding_attention\"]", "- - 12")]
    [InlineData("Olmo2", "\"sliding_window\": 12", "- - -")]
    [InlineData("Olmo3", "\"sliding_window\": 12", "12 12 12")]
    [InlineData("Phi3", "\"sliding_window\": 12", "12 12 12")]
    [InlineData("Phi3", "\"sliding_window\": null", "- - -")]
    [InlineData("Qwen2", "\"sliding_window\": null, \"use_sliding_window\": true, \"max_window_layers\": 0", "- - -")]
    public void Read_Window_HoldsForTheLayersItShould(string family, string fields, string windows)
    {
        var config = Read(family, fields);
        Assert.Equal(
            windows, string.Join(' ', Enumerable.Range(0, config.NLayers).Select(layer => config.WindowOf(layer)?.ToString() ?? "-")));
    }

    [Theory]
    [InlineData("Llama", "", AttentionBiases.None)]
    [InlineData("Llama", "\"attention_bias\": true", AttentionBiases.QueryKeyValue | AttentionBiases.Output)]
    [InlineData("Mistral", "", AttentionBiases.None)]
    [InlineData("Qwen2", "", AttentionBiases.QueryKeyValue)]
    public void Read_Biases_AreTheFamilys(string family, string fields, AttentionBiases biases) =>
        Assert.Equal(biases, Read(family, fields).AttentionBiases);

    [Theory]
    [InlineData("Llama", "\"rope_scaling\": { \"rope_type\": \"proportional\", \"factor\": 4.0 }", "rope_scaling: 'rope_type' is \"proportional\"")]
    [InlineData("Llama", "\"rope_scaling\": { \"rope_type\": \"yarn\", \"factor\": 0.5 }", "'factor' is 0.5")]
    [InlineData("Llama", "\"rope_scaling\": { \"rope_type\": \"yarn\", \"factor\": 4, \"beta_fast\": 1 }", "'beta_fast' is 1")]
    [InlineData("Llama", "\"rope_scaling\": { \"rope_type\": \"yarn\", \"factor\": 4, \"attention_factor\": 0 }", "'attention_factor' is 0")]
    [InlineData("Llama", "\"rope_theta\": 1, \"rope_scaling\": { \"rope_type\": \"yarn\", \"factor\": 4 }", "'rope_theta' is 1, where a number above 1")]
    [InlineData("Phi3", "\"rope_scaling\": { \"type\": \"longrope\", \"short_factor\": [1, 1], \"long_factor\": [1, 1] }", "'short_factor' is [1,1], where a list of 8 numbers")]
    [InlineData("Phi3", "\"partial_rotary_factor\": 1.5", "'partial_rotary_factor' is 1.5")]
    [InlineData("Phi3", "\"attention_bias\": true", "'attention_bias' is true")]
    [InlineData("Qwen3", "\"rope_parameters\": { \"full_attention\": { \"rope_theta\": 1 }, \"sliding_attention\": { \"rope_theta\": 1 } }", "'rope_parameters'")]
    [InlineData("Gemma2", "\"attn_logit_softcapping\": -1", "'attn_logit_softcapping' is -1")]
    [InlineData("Gemma2", "\"sliding_window\": null", "'sliding_window'")]
    [InlineData("Gemma3", "\"use_bidirectional_attention\": true", "'use_bidirectional_attention' is true")]
    [InlineData("Gemma3", "\"hidden_activation\": \"xielu\"", "'hidden_activation' is \"xielu\"")]
    [InlineData("Olmo3", "\"layer_types\": [\"chunked_attention\"]", "'layer_types'")]
    [InlineData("Olmo2", "\"attention_bias\": true", "'attention_bias' is true")]
    [InlineData("Qwen2", "\"rope_scaling\": { \"type\": \"dynamic\", \"factor\": 4.0 }", "rope_scaling: 'type' is \"dynamic\"")]
    [InlineData("Llama", "\"rope_parameters\": { \"rope_type\": \"longrope\" }", "rope_parameters: the field 'short_factor' is missing")]
    [InlineData("Llama", "\"rope_scaling\": { \"rope_type\": \"llama3\", \"factor\": 8.0 }", "rope_scaling: the field 'low_freq_factor' is missing")]
    [InlineData("Llama", "\"rope_scaling\": { \"rope_type\": \"linear\", \"factor\": 0.5 }", "'factor' is 0.5")]
    [InlineData("Llama", "\"rope_scaling\": \"llama3\"", "'rope_scaling' is \"llama3\", where an object belongs")]
    [InlineData("Llama", "\"rope_scaling\": { \"type\": \"linear\", \"factor\": 2 }, \"rope_parameters\": { \"rope_theta\": 1 }", "'rope_scaling'")]
    [InlineData("Llama", "\"rope_theta\": 0", "'rope_theta' is 0, where a number from 1 up belongs")]
    [InlineData("Llama", "\"rope_theta\": -10000.0", "'rope_theta' is -10000.0")]
    [InlineData("Llama", "\"rope_theta\": 1e999", "'rope_theta' is 1e999")]
    [InlineData("Llama", "\"rope_theta\": \"NaN\"", "'rope_theta' is \"NaN\"")]
    [InlineData("Qwen2", "\"rope_parameters\": { \"rope_theta\": 0 }", "rope_parameters: 'rope_theta' is 0")]
    [InlineData("Llama", "\"mlp_bias\": true", "'mlp_bias' is true")]
    [InlineData("Mistral", "\"attention_bias\": true", "'attention_bias' is true")]
    [InlineData("Llama", "\"num_local_experts\": 8", "'num_local_experts' is 8")]
    [InlineData("Llama", "\"quantization_config\": { \"bits\": 4 }", "'quantization_config'")]
    [InlineData("Llama", "\"partial_rotary_factor\": 0.5", "'partial_rotary_factor' is 0.5")]
    [InlineData("Llama", "\"num_attention_heads\": 5", "'num_attention_heads' is 5")]
    [InlineData("Llama", "\"hidden_act\": \"xielu\"", "'hidden_act' is \"xielu\"")]
    [InlineData("Qwen2", "\"sliding_window\": 12, \"use_sliding_window\": true, \"layer_types\": [\"full_attention\"]", "'layer_types'")]
    [InlineData("Qwen2", "\"sliding_window\": 12, \"use_sliding_window\": true", "the field 'max_window_layers' is missing")]
    [InlineData("Mistral", "\"sliding_window\": 0", "'sliding_window' is 0")]
    public void Read_WhatIsNotSupported_SaysWhichFieldAndWhy(string family, string fields, string message) =>
        Assert.Contains(message, Assert.Throws<InvalidDataException>(() => Read(family, fields)).Message);

    [Theory]
    [InlineData("MixtralForCausalLM", "mixtral")]
    [InlineData("Qwen2MoeForCausalLM", "qwen2_moe")]
    [InlineData("LlamaMoEForCausalLM", "llama")]
    [InlineData("Qwen3MoeForCausalLM", "qwen3_moe")]
    [InlineData("PhimoeForCausalLM", "phimoe")]
    public void Recognizes_MixturesOfExperts_Never(string architecture, string type) =>
        Assert.DoesNotContain(ModelFamily.All, family => family.Recognizes(Reader($$"""{ "architectures": ["{{architecture}}"], "model_type": "{{type}}" }""")));

    static ModelConfig Read(string family, string fields)
    {
        var config = JsonNode.Parse($$"""
            {
              "architectures": ["{{family}}ForCausalLM"], "hidden_size": 64, "intermediate_size": 112, "num_hidden_layers": 3,
              "num_attention_heads": 4, "vocab_size": 211, "max_position_embeddings": 64
            }
            """)!.AsObject();
        foreach (var (name, value) in JsonNode.Parse($"{{{fields}}}")!.AsObject())
            config[name] = value?.DeepClone();
        var reader = Reader(config.ToJsonString());
        return Assert.Single(ModelFamily.All, candidate => candidate.Recognizes(reader)).ReadConfig(reader);
    }

    static ConfigReader Reader(string json) => new(JsonDocument.Parse(json).RootElement, "config.json");
}
