using System.Text.Json.Nodes;
using HeadScope.Data.Weights;
using HeadScope.ModelCore.Compute;
using HeadScope.ModelCore.Compute.Managed;
using HeadScope.ModelCore.Model;
using HeadScope.Tests.Support;

namespace HeadScope.Data.Tests.Weights;

/// <summary>
/// TransformerLens's own checkpoints of models with grouped queries, gated MLPs, RMS norms and windows: with the configuration that
/// TransformerLens writes, and the parameters under its names, they compute what the original does.
/// </summary>
public sealed class TransformerLensGroupedTests : IDisposable
{
    readonly TemporaryFolder _folder = new();

    [Theory]
    [InlineData("llama-tiny", "raw")]
    [InlineData("llama-tiny", "proc")]
    [InlineData("qwen2-tiny", "raw")]
    [InlineData("qwen2-tiny", "proc")]
    [InlineData("mistral-tiny/window16", "raw")]
    [InlineData("qwen3-tiny", "raw")]
    [InlineData("qwen3-tiny", "proc")]
    [InlineData("gemma2-tiny", "raw")]
    [InlineData("gemma2-tiny", "proc")]
    [InlineData("gemma3-tiny", "raw")]
    [InlineData("gemma3-tiny", "proc")]
    [InlineData("phi3-tiny", "raw")]
    public void Open_StateDict_ScoresTheSameBits(string name, string variant)
    {
        using var original = ModelWeights.Open(Fixture.PathOf(name, "model"), OracleModel.Processing(variant));
        File.Copy(Fixture.PathOf(name, $"config_{variant}.json"), _folder.File("config.json"));
        SafetensorsWriter.Write(_folder.File("model.safetensors"), [.. StateDict(original)]);
        using var exported = ModelWeights.Open(_folder.File("."), WeightProcessing.None);
        Assert.Equal("TransformerLens", exported.Family.Name);
        Assert.Equal(original.Config.Heads, exported.Config.Heads);
        Assert.Equal(Scores(original), Scores(exported));

        uint[] Scores(ModelWeights weights)
        {
            var inputs = Fixture.Tensors(name, "inputs.safetensors");
            var shape = inputs.Shape("tokens");
            using var backend = new ManagedBackend(2);
            using var model = Transformer.Load(weights, backend);
            var scores = ScoreArrays.Score(model, backend, inputs.Integers("tokens"), new BatchShape(shape[0], shape[1]));
            return [.. ScoreArrays.Default.SelectMany(scores.Of).Select(BitConverter.SingleToUInt32Bits)];
        }
    }

    [Theory]
    [InlineData("use_yarn_rope", "true")]
    [InlineData("post_embedding_ln", "true")]
    [InlineData("rotary_scaling_factor", "0.5")]
    [InlineData("original_architecture", "\"Olmo2ForCausalLM\"")]
    public void Open_WhatIsNotSupported_IsRefusedByName(string field, string value)
    {
        var config = JsonNode.Parse(File.ReadAllText(Fixture.PathOf("llama-tiny", "config_raw.json")))!;
        config["transformer_lens_cfg"]![field] = JsonNode.Parse(value);
        File.WriteAllText(_folder.File("config.json"), config.ToJsonString());
        SafetensorsWriter.Write(_folder.File("model.safetensors"), []);
        var fault = Assert.Throws<InvalidDataException>(() => ModelWeights.Open(_folder.File("."), WeightProcessing.None));
        Assert.Contains($"'{field}' is {value}", fault.Message);
    }

    public void Dispose() => _folder.Dispose();

    static IEnumerable<StoredTensor> StateDict(ModelWeights weights)
    {
        var config = weights.Config;
        long model = config.DModel, heads = config.NHeads, shared = config.NKeyValueHeads, size = config.DHead, mlp = config.DMlp, vocabulary = config.DVocab;
        yield return new("embed.W_E", [vocabulary, model], weights.ReadEmbedding());
        for (var layer = 0; layer < config.NLayers; layer++)
        {
            var (block, prefix) = (weights.ReadBlock(layer), $"blocks.{layer}");
            if (block.Ln1 is not null)
                yield return new($"{prefix}.ln1.w", [model], block.Ln1.W);
            if (block.Ln2 is not null)
                yield return new($"{prefix}.ln2.w", [model], block.Ln2.W);
            foreach (var (name, norm) in new[]
            {
                ("ln1_post", block.Ln1Post), ("ln2_post", block.Ln2Post), ("attn.q_norm", block.QNorm), ("attn.k_norm", block.KNorm),
            })
            {
                if (norm is not null)
                    yield return new($"{prefix}.{name}.w", [norm.W.Length], norm.W);
            }

            yield return new($"{prefix}.attn.W_Q", [heads, model, size], block.WQ);
            yield return new($"{prefix}.attn.b_Q", [heads, size], block.BQ);
            yield return new($"{prefix}.attn._W_K", [shared, model, size], block.WK);
            yield return new($"{prefix}.attn._b_K", [shared, size], block.BK);
            yield return new($"{prefix}.attn._W_V", [shared, model, size], block.WV);
            yield return new($"{prefix}.attn._b_V", [shared, size], block.BV);
            yield return new($"{prefix}.attn.W_O", [heads, size, model], block.WO);
            yield return new($"{prefix}.attn.b_O", [model], block.BO);
            yield return new($"{prefix}.mlp.W_in", [model, mlp], block.WIn!);
            yield return new($"{prefix}.mlp.W_gate", [model, mlp], block.WGate!);
            yield return new($"{prefix}.mlp.b_in", [mlp], block.BIn!);
            yield return new($"{prefix}.mlp.W_out", [mlp, model], block.WOut!);
            yield return new($"{prefix}.mlp.b_out", [model], block.BOut!);
        }

        var unembed = weights.ReadUnembed();
        if (unembed.LnFinal is not null)
            yield return new("ln_final.w", [model], unembed.LnFinal.W);
        var byFeature = new float[unembed.WUByToken.Length];
        Transposition.Into(unembed.WUByToken, config.DVocab, config.DModel, byFeature);
        yield return new("unembed.W_U", [model, vocabulary], byFeature);
        yield return new("unembed.b_U", [vocabulary], unembed.BU);
    }
}
