using HeadScope.Data.Weights;
using HeadScope.ModelCore.Compute;
using HeadScope.ModelCore.Model;
using HeadScope.Tests.Support;
using Xunit.Abstractions;

namespace HeadScope.Data.Tests.Weights;

/// <summary>Every parameter after weight processing, as TransformerLens's <c>from_pretrained</c> leaves it.</summary>
public class ProcessedWeightsTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData("neox-tiny")]
    [InlineData("gpt2-tiny")]
    public void Processed_EveryParameter_IsTransformerLens(string name)
    {
        var expected = Fixture.Tensors(name, "tl_proc.safetensors");
        using var weights = ModelWeights.Open(Fixture.PathOf(name, "model"), WeightProcessing.Default);
        var actual = Parameters(weights).ToDictionary();

        // Its state dict has constants besides; what has been folded away is in neither.
        Assert.Equal(
            expected.Names.Where(tensor => tensor.Split('.')[^1] is not ("mask" or "IGNORE" or "rotary_sin" or "rotary_cos")).Order(),
            actual.Keys.Order());
        var worst = 0.0;
        foreach (var (parameter, values) in actual)
        {
            var right = expected.Floats(parameter);
            Assert.Equal(right.Length, values.Length);
            worst = Math.Max(worst, right.Zip(values, (a, b) => Math.Abs((double)a - b)).Max());

            // TransformerLens folds in float32: a few roundings of the largest terms.
            Assert.All(right.Zip(values), pair => Assert.Equal(pair.First, pair.Second, 3e-6f));
        }

        output.WriteLine($"{name}: {actual.Count} parameters, {worst:E2} from TransformerLens at most");
    }

    [Theory]
    [InlineData("llama-tiny")]
    [InlineData("mistral-tiny")]
    [InlineData("qwen2-tiny")]
    [InlineData("neox-sequential")]
    [InlineData("qwen3-tiny")]
    [InlineData("gemma2-tiny")]
    [InlineData("gemma3-tiny")]
    [InlineData("phi3-tiny")]
    [InlineData("gptj-tiny")]
    [InlineData("opt-tiny")]
    public void Processed_EveryParameter_HasTransformerLensSums(string name)
    {
        var expected = Fixture.Tensors(name, "tl_proc_digest.safetensors");
        using var weights = ModelWeights.Open(Fixture.PathOf(name, "model"), WeightProcessing.Default);
        var grouped = weights.Config.NKeyValueHeads < weights.Config.NHeads;
        var count = 0;
        foreach (var (parameter, values) in Parameters(weights))
        {
            var stored = grouped && parameter.Split('.')[^1] is "W_K" or "W_V" or "b_K" or "b_V"
                ? parameter.Insert(parameter.LastIndexOf('.') + 1, "_")
                : parameter;
            var head = expected.Floats($"{stored}.head");
            for (var i = 0; i < head.Length; i++)
                Assert.Equal(head[i], values[i], 3e-6f);
            var scale = Math.Max(1, values.Sum(value => Math.Abs((double)value)));
            Assert.Equal(expected.Doubles($"{stored}.sum")[0], values.Sum(value => (double)value), 1e-6 * scale);
            Assert.Equal(expected.Doubles($"{stored}.sumsq")[0], values.Sum(value => (double)value * value), 1e-6 * scale);
            count++;
        }

        Assert.Equal(expected.Names.Count(entry => entry.EndsWith(".sum", StringComparison.Ordinal)), count);
    }

    /// <summary>What the model computes with, under the names of a TransformerLens state dict.</summary>
    static IEnumerable<KeyValuePair<string, float[]>> Parameters(ModelWeights weights)
    {
        var config = weights.Config;
        yield return new("embed.W_E", weights.ReadEmbedding());
        if (weights.ReadPositions() is { } positions)
            yield return new("pos_embed.W_pos", positions);
        for (var layer = 0; layer < config.NLayers; layer++)
        {
            var block = weights.ReadBlock(layer);
            Assert.Null(block.Ln1);
            Assert.Null(block.Ln2);
            foreach (var (name, values) in new[]
            {
                ("attn.W_Q", block.WQ), ("attn.W_K", block.WK), ("attn.W_V", block.WV), ("attn.W_O", block.WO), ("attn.b_Q", block.BQ), ("attn.b_K", block.BK),
                ("attn.b_V", block.BV), ("attn.b_O", block.BO), ("mlp.W_in", block.WIn), ("mlp.W_gate", block.WGate),
                ("mlp.b_in", block.BIn), ("mlp.W_out", block.WOut),
                ("mlp.b_out", block.BOut), ("ln1_post.w", block.Ln1Post?.W), ("ln2_post.w", block.Ln2Post?.W),
                ("attn.q_norm.w", block.QNorm?.W), ("attn.k_norm.w", block.KNorm?.W),
            })
            {
                if (values is not null)
                    yield return new($"blocks.{layer}.{name}", values);
            }
        }

        var unembed = weights.ReadUnembed();
        Assert.Null(unembed.LnFinal);
        var byFeature = new float[unembed.WUByToken.Length];
        Transposition.Into(unembed.WUByToken, config.DVocab, config.DModel, byFeature);
        yield return new("unembed.W_U", byFeature);
        yield return new("unembed.b_U", unembed.BU);
    }
}
