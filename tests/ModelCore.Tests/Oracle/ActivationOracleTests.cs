using HeadScope.ModelCore.Circuits;
using HeadScope.ModelCore.Compute;
using HeadScope.ModelCore.Model;
using HeadScope.Tests.Support;
using Xunit.Abstractions;

namespace HeadScope.ModelCore.Tests.Oracle;

/// <summary>Activations, logits and weights of the models, as TransformerLens has them.</summary>
public class ActivationOracleTests(ITestOutputHelper output)
{
    [Theory]
    [MemberData(nameof(OracleModel.Activations), MemberType = typeof(OracleModel))]
    public void Forward_FirstSequence_HasTransformerLensActivations(string name, string variant)
    {
        using var oracle = new OracleModel(name, variant, OracleModel.Processing(variant), output);
        MeetActivations(oracle);
    }

    internal static void MeetActivations(OracleModel oracle)
    {
        var (tokens, batch) = oracle.Sequences(oracle.Inputs!, "tokens");
        var two = batch with { Sequences = 2 };
        var logits = oracle.Model.Logits(oracle.Backend, tokens.AsSpan(0, two.Positions), two);
        oracle.Meets("logits_first2", logits);

        var one = batch with { Sequences = 1 };
        var cache = new ActivationCache(oracle.Backend, _ => true);
        oracle.Model.Logits(oracle.Backend, tokens.AsSpan(0, batch.Context), one, cache);
        for (var layer = 0; layer < oracle.Model.Config.NLayers; layer++)
        {
            foreach (var (oracleName, hook) in new[]
            {
                ("resid_pre", "hook_resid_pre"), ("q", "attn.hook_q"), ("k", "attn.hook_k"), ("v", "attn.hook_v"), ("z", "attn.hook_z"),
                ("rot_q", "attn.hook_rot_q"), ("rot_k", "attn.hook_rot_k"), ("pattern", "attn.hook_pattern"),
                ("resid_mid", "hook_resid_mid"), ("attn_out", "hook_attn_out"), ("mlp_out", "hook_mlp_out"),
                ("resid_post", "hook_resid_post"),
            })
            {
                if (oracle.Expected.Has($"seq0.{oracleName}.{layer}"))
                    oracle.Meets($"seq0.{oracleName}.{layer}", cache[$"blocks.{layer}.{hook}"].Values);
            }
        }

        oracle.Meets("seq0.ln_final.normalized", cache["ln_final.hook_normalized"].Values);
        var scales = new ActivationCache(
            oracle.Backend, hook => hook == "ln_final.hook_scale" || hook.EndsWith("ln1_post.hook_scale", StringComparison.Ordinal));
        oracle.Model.Logits(oracle.Backend, tokens, batch, scales);
        oracle.Meets("ln_final_scale", scales["ln_final.hook_scale"].Values);
        if (oracle.Expected.Has("ln1_post_scale"))
            oracle.Meets("ln1_post_scale", [.. Enumerable.Range(0, oracle.Model.Config.NLayers).SelectMany(
                layer => scales[$"blocks.{layer}.ln1_post.hook_scale"].Values)]);
    }

    [Theory]
    [MemberData(nameof(OracleModel.Activations), MemberType = typeof(OracleModel))]
    public void HeadVocabularyLogits_LastPosition_MeetTransformerLens(string name, string variant)
    {
        using var oracle = new OracleModel(name, variant, OracleModel.Processing(variant), output);
        var (tokens, batch) = oracle.Sequences(oracle.Inputs!, "tokens");
        var config = oracle.Model.Config;
        for (var layer = 0; layer < config.NLayers; layer++)
        {
            for (var head = 0; head < config.NHeads; head++)
            {
                var logits = DirectLogits.OfHead(
                    oracle.Model, oracle.Backend, tokens.AsSpan(0, batch.Context), layer, head, batch.Context - 1);
                oracle.Meets($"head_vocab_logits.{ModelConfig.HeadLabel(layer, head)}.seq0.last", logits);
            }
        }
    }

    [Theory]
    [InlineData("none")]
    [InlineData("ln")]
    public void AttentionOnly_ShortformerPositions_MeetTransformerLens(string variant)
    {
        using var oracle = new OracleModel($"attn-only-2l/{variant}", "", WeightProcessing.None, output);
        var config = oracle.Model.Config;
        var (tokens, batch) = oracle.Sequences(oracle.Expected, "tokens");
        var one = batch with { Sequences = 1 };
        var cache = new ActivationCache(oracle.Backend, _ => true);
        var logits = oracle.Model.Logits(oracle.Backend, tokens.AsSpan(0, batch.Context), one, cache);
        oracle.Meets("logits0", logits);
        oracle.Meets(
            "patterns0", [.. Enumerable.Range(0, config.NLayers).SelectMany(layer => cache[$"blocks.{layer}.attn.hook_pattern"].Values)]);
        for (var layer = 0; layer < config.NLayers; layer++)
        {
            foreach (var (oracleName, hook) in new[] { ("q", "attn.hook_q"), ("k", "attn.hook_k"), ("v", "attn.hook_v"), ("result", "attn.hook_result"), ("attn_out", "hook_attn_out"), ("resid_post", "hook_resid_post") })
                oracle.Meets($"{oracleName}.{layer}", cache[$"blocks.{layer}.{hook}"].Values);
        }

        var statistics = new AttentionStatistics(oracle.Model, oracle.Backend);
        var first = statistics.Detect(tokens.AsSpan(0, batch.Context), one);
        oracle.Meets("score.current", first.Current);
        oracle.Meets("score.prev", first.Previous);
        oracle.Meets("score.first", first.First);
        var all = statistics.Detect(tokens, batch);
        oracle.Meets("score_batch.current", all.Current);
        oracle.Meets("score_batch.prev", all.Previous);
        oracle.Meets("score_batch.first", all.First);
        Assert.Equal(["0.3"], Detected(first.Current));
        Assert.Equal(["0.1"], Detected(first.Previous));
        Assert.Equal(["1.2"], Detected(first.First));

        var (inductionTokens, inductionBatch) = oracle.Sequences(oracle.Expected, "ind_tokens");
        oracle.Meets("induction_scores", statistics.Induction(inductionTokens, inductionBatch, (inductionBatch.Context - 1) / 2));
        oracle.Meets("per_token_loss", ScoreArrays.Score(oracle.Model, oracle.Backend, tokens, batch).Of(ScoreArrays.Loss));

        IEnumerable<string> Detected(float[] scores) => scores.Index()
            .Where(score => score.Item > AttentionStatistics.DetectionThreshold)
            .Select(score => $"{score.Index / config.NHeads}.{score.Index % config.NHeads}");
    }

    [Fact]
    public void Gpt2_AsNotebook001LoadsIt_PredictsAndGeneratesTheSame()
    {
        using var oracle = new OracleModel("gpt2-tiny", "nb001", WeightProcessing.None with { FoldValueBiases = true }, output);
        var (tokens, batch) = oracle.Sequences(oracle.Inputs!, "tokens");
        var two = batch with { Sequences = 2 };
        var logits = oracle.Model.Logits(oracle.Backend, tokens.AsSpan(0, two.Positions), two);
        oracle.Meets("logits_first2", logits);
        oracle.Meets("demo_logits_first2", logits);
        oracle.Meets("per_token_loss", oracle.Score().Of(ScoreArrays.Loss));

        var notebook = Fixture.Json("gpt2-tiny", "scalars_nb001.json").GetProperty("nb001");
        foreach (var case_ in notebook.GetProperty("greedy").EnumerateArray())
        {
            int[] Read(string field) => [.. case_.GetProperty(field).EnumerateArray().Select(token => token.GetInt32())];
            Assert.Equal(
                Read("continuation"), Generation.Greedy(oracle.Model, oracle.Backend, Read("prompt"), Read("continuation").Length));
        }

        var cache = new ActivationCache(oracle.Backend, _ => true);
        oracle.Model.Logits(oracle.Backend, tokens.AsSpan(0, 35), new BatchShape(1, 35), cache);
        foreach (var entry in notebook.GetProperty("activation_shapes").EnumerateArray())
            Assert.Equal(entry[1].EnumerateArray().Select(axis => axis.GetInt32()), cache[entry[0].GetString()!].Shape);
        var parameters = oracle.Weights.Parameters.ToDictionary(parameter => parameter.Name, parameter => parameter.Shape);
        foreach (var entry in notebook.GetProperty("parameter_shapes").EnumerateArray().Where(
            entry => entry[0].GetString() != "unembed.b_U"))
            Assert.Equal(entry[1].EnumerateArray().Select(axis => axis.GetInt64()), parameters[entry[0].GetString()!]);
    }
}
