using HeadScope.ModelCore.Compute;
using HeadScope.ModelCore.Model;
using HeadScope.Tests.Support;
using Xunit.Abstractions;

namespace HeadScope.ModelCore.Tests.Oracle;

/// <summary>What heads contribute adds up to what attention adds to the residual stream.</summary>
public class ContributionOracleTests(ITestOutputHelper output)
{
    /// <summary>Of the terms of a sum of some hundred products, each rounded to float32.</summary>
    const double Rounding = 5e-6;

    public static TheoryData<string> WithNormsAfter => ["gemma2-tiny", "gemma3-tiny", "olmo2-tiny"];

    [Theory]
    [MemberData(nameof(OracleModel.Activations), MemberType = typeof(OracleModel))]
    public void HeadDla_SummedOverHeads_IsWhatAttentionAdds(string name, string variant)
    {
        using var oracle = new OracleModel(name, variant, OracleModel.Processing(variant), output);
        var config = oracle.Model.Config;
        var (tokens, batch) = Sequences(oracle, 2);
        // [layer * head, batch * (position - 1)].
        var scores = ScoreArrays.Score(oracle.Model, oracle.Backend, tokens, batch).Of("head_dla");
        var cache = new ActivationCache(
            oracle.Backend, hook => hook.EndsWith("hook_attn_out", StringComparison.Ordinal) || hook == "ln_final.hook_scale");
        oracle.Model.Observe(oracle.Backend, tokens, batch, cache);
        var scale = cache["ln_final.hook_scale"].Values;
        var unembed = oracle.Weights.ReadUnembed().WUByToken;
        var predicted = batch.Sequences * (batch.Context - 1);
        var worst = 0.0;
        for (var layer = 0; layer < config.NLayers; layer++)
        {
            // b_O belongs to no head; no model has both one and a norm after it.
            var bias = oracle.Weights.ReadBlock(layer).BO;
            Assert.True(!config.NormsAfter || bias.All(value => value == 0));
            var attentionOut = cache[$"blocks.{layer}.hook_attn_out"].Values;
            for (var i = 0; i < predicted; i++)
            {
                var row = i / (batch.Context - 1) * batch.Context + i % (batch.Context - 1);
                var target = unembed.AsSpan(tokens[row + 1] * config.DModel, config.DModel);
                double added = 0, terms = 0, ofHeads = 0;
                for (var d = 0; d < config.DModel; d++)
                {
                    var term = (attentionOut[row * config.DModel + d] - bias[d]) * (double)target[d] / scale[row];
                    added += term;
                    terms += Math.Abs(term);
                }

                for (var head = 0; head < config.NHeads; head++)
                    ofHeads += scores[(layer * config.NHeads + head) * predicted + i];
                worst = Math.Max(worst, Math.Abs(added - ofHeads) / Math.Max(1, terms));
            }
        }

        output.WriteLine($"{oracle.Name}: {worst:E2} of the terms");
        Assert.InRange(worst, 0, Rounding);
    }

    /// <summary>TransformerLens's per-head results are z W_O, before the norm after attention.</summary>
    [Theory]
    [MemberData(nameof(WithNormsAfter))]
    public void HookResult_SummedOverHeads_IsNotWhatAttentionAddsUntilNormalized(string name)
    {
        using var oracle = new OracleModel(name, "raw", WeightProcessing.None, output);
        var (heads, model) = (oracle.Model.Config.NHeads, oracle.Model.Config.DModel);
        var (tokens, batch) = Sequences(oracle, 1);
        var cache = new ActivationCache(oracle.Backend, _ => true);
        oracle.Model.Observe(oracle.Backend, tokens, batch, cache);
        for (var layer = 0; layer < oracle.Model.Config.NLayers; layer++)
        {
            var results = cache[$"blocks.{layer}.attn.hook_result"].Values; // [batch, position, head, d_model]
            var added = cache[$"blocks.{layer}.hook_attn_out"].Values;
            var scale = cache[$"blocks.{layer}.ln1_post.hook_scale"].Values;
            var weight = oracle.Weights.ReadBlock(layer).Ln1Post!.W;
            var sums = Enumerable.Range(0, added.Length)
                .Select(i => Enumerable.Range(0, heads).Sum(head => (double)results[(i / model * heads + head) * model + i % model]))
                .ToArray();
            double[] normalized = [.. sums.Select((sum, i) => sum * weight[i % model] / scale[i / model])];
            var largest = added.Max(Math.Abs);
            Assert.InRange(Distance(normalized), 0, 1e-5 * largest);
            Assert.InRange(Distance(sums), 0.1 * largest, double.PositiveInfinity);

            double Distance(double[] values) => values.Zip(added, (a, b) => Math.Abs(a - b)).Max();
        }
    }

    static (int[] Tokens, BatchShape Batch) Sequences(OracleModel oracle, int count)
    {
        var (tokens, all) = oracle.Sequences(oracle.Inputs!, "tokens");
        var batch = all with { Sequences = count };
        return (tokens[..batch.Positions], batch);
    }
}
