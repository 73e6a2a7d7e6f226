using HeadScope.ModelCore.Compute;
using HeadScope.ModelCore.Scoring;
using HeadScope.Tests.Support;
using Xunit.Abstractions;

namespace HeadScope.ModelCore.Tests.Oracle;

/// <summary>Every score of the catalogue, as loops over its definition around TransformerLens compute it.</summary>
public class FurtherScoresOracleTests(ITestOutputHelper output)
{
    public static TheoryData<string, string> Models => new()
    {
        { "neox-tiny", "raw" }, { "neox-tiny", "proc" }, { "gpt2-tiny", "raw" }, { "gpt2-tiny", "proc" }, { "llama-tiny", "raw" }, { "llama-tiny", "proc" },
        { "mistral-tiny/window16", "raw" }, { "demo", "raw" }, { "demo", "proc" },
    };

    [Theory]
    [MemberData(nameof(Models))]
    public void Score_ForwardScores_MeetTheOracle(string name, string variant)
    {
        using var oracle = OracleModel.OfScores(name, variant, output);
        var scores = ScoreCatalogue.All.OfType<ForwardScore>().Where(score => oracle.Expected.Has(score.Name)).ToList();
        Assert.Equal(13, scores.Count); // all but the three that other files of the oracle have
        var (tokens, batch) = Sequences(oracle, oracle.Expected.Shape("entropy")[2]);
        var table = new HeadScorer(oracle.Model, oracle.Backend, new ScoreSelection(scores)).Score(tokens, batch);
        foreach (var score in scores)
            oracle.Meets(score.Name, table.ToArray(score));
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Score_Ablations_MeetTheOracle(string name, string variant)
    {
        using var oracle = OracleModel.OfScores(name, variant, output);
        var (allTokens, all) = oracle.Sequences(oracle.Inputs!, "tokens");
        var (tokens, batch) = Sequences(oracle, oracle.Expected.Shape("ablation_zero")[2]);
        int[] others = [.. allTokens.AsSpan(batch.Context), .. allTokens.AsSpan(0, batch.Context)]; // row (b + 1) mod B
        var config = oracle.Model.Config;
        var means = new MeanActivations(config.NLayers, config.NHeads * config.DHead);
        foreach (var chunk in allTokens.Chunk(3 * all.Context)) // however sequences are grouped
            means.Add(oracle.Model, oracle.Backend, chunk, new BatchShape(chunk.Length / all.Context, all.Context));
        oracle.Meets("ablation_mean_z", [.. Enumerable.Range(0, config.NLayers).SelectMany(layer => means[layer])]);

        var scores = ScoreCatalogue.All.OfType<AblationScore>().ToList();
        Assert.Equal(3, scores.Count);
        var scorer = new HeadScorer(oracle.Model, oracle.Backend, new ScoreSelection(scores), () => means);
        var table = scorer.Score(tokens, batch, others.AsSpan(0, batch.Positions));
        foreach (var score in scores)
            oracle.Meets(score.Name, table.ToArray(score));
    }

    [Fact]
    public void Score_AllAtOnce_AreTheSameBitsAsEachAlone()
    {
        using var oracle = new OracleModel("neox-tiny", "proc", OracleModel.Processing("proc"), output);
        var (tokens, batch) = Sequences(oracle, 5);
        var all = ScoreCatalogue.All.Where(score => score is not AblationScore).ToList();
        var together = new HeadScorer(oracle.Model, oracle.Backend, new ScoreSelection(all)).Score(tokens, batch);
        foreach (var score in all.OfType<StoredScore>())
        {
            var alone = new HeadScorer(oracle.Model, oracle.Backend, new ScoreSelection([score])).Score(tokens, batch);
            Assert.Equal(together.ToArray(score), alone.ToArray(score));
        }
    }

    static (int[] Tokens, BatchShape Batch) Sequences(OracleModel oracle, int count)
    {
        var (tokens, all) = oracle.Sequences(oracle.Inputs!, "tokens");
        var batch = all with { Sequences = count };
        return (tokens[..batch.Positions], batch);
    }
}
