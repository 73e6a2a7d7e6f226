using System.Globalization;
using System.Text;
using HeadScope.Jobs.Reduction;
using HeadScope.Jobs.Shards;
using HeadScope.Jobs.Specs;
using HeadScope.ModelCore.Scoring;
using HeadScope.ModelCore.Scoring.Scores;
using HeadScope.Tests.Support;
using Xunit.Abstractions;

namespace HeadScope.Jobs.Tests.Reduction;

/// <summary>The head frame and its quantiles, as TransformerLens and PyTorch make them.</summary>
public class OracleJobTests(ITestOutputHelper output)
{
    static readonly double[] Four = [0.8, 0.9, 0.95, 0.99];

    [Theory]
    [MemberData(nameof(OracleModel.Scored), MemberType = typeof(OracleModel))]
    public async Task Quantiles_EveryLevel_MeetTransformerLens(string name, string variant)
    {
        using var oracle = new OracleModel(name, variant, OracleModel.Processing(variant), output);
        using var fixture = new JobFixture();
        var shards = await fixture.ScoreAsync(JobFixture.Request(name) with { Raw = variant == "raw", ShardRows = 5 });
        var quantiles = await new QuantilePass(shards, [.. JobRequest.NotebookQuantiles.Union(Four).Order()]).RunAsync(2, default);
        var ratios = new RatioIntervals(oracle);
        foreach (var (score, oracleName) in ScoreCatalogue.Default.Select(
            score => (score, score is StoredScore ? score.Name : "ratio_dla")))
        {
            foreach (var (population, suffix) in new[] { (Population.All, ""), (Population.NoInduction, "_no_ind") })
            {
                Meets($"quantiles13{suffix}.{oracleName}", JobRequest.NotebookQuantiles);
                Meets($"quantiles4{suffix}.{oracleName}", Four);

                void Meets(string key, IReadOnlyList<double> levels)
                {
                    var heads = shards.Statistics.Heads;
                    oracle.Meets(
                        key, [.. levels.SelectMany(level => quantiles.Column(score, population, level))],
                        score is SourceRatio
                            ? i => ratios.Interval(i % heads, levels[i / heads], population == Population.NoInduction)
                            : null);
                }
            }
        }

        var ratioOfQuantiles = Column("mover_dla").Zip(Column("head_dla"), (mover, head) => mover / head);
        oracle.Meets("quantile_of_ratio_vs_ratio_of_quantiles", [.. ratioOfQuantiles, .. Column("dla_ratio")]);

        float[] Column(string name) => quantiles.Column(ScoreCatalogue.Find(name)!, Population.All, 0.9);
    }

    [Theory]
    [MemberData(nameof(OracleModel.Scored), MemberType = typeof(OracleModel))]
    public async Task HeadFrame_EveryColumn_MeetsTransformerLens(string name, string variant)
    {
        using var oracle = new OracleModel(name, variant, OracleModel.Processing(variant), output);
        using var fixture = new JobFixture();
        var (folder, manifest) = await fixture.RunAsync(JobFixture.Request(name) with { Raw = variant == "raw", ShardRows = 5 });
        var csv = Encoding.UTF8.GetString((await fixture.Jobs.Blobs.TryReadAsync(folder.Result("head_df.csv")))!).TrimEnd().Split('\n')
            .Select(line => line.Split(',')).ToArray();
        Assert.Equal(
            "L,H,label,head_dla,mover_attn,mover_dla,dla_ratio,induction,eigenvals_vocab,eigenvals_resid,frac_copy_argmax,head_dla_no_ind,mover_attn_no_ind,mover_dla_no_ind,ratio_dla_no_ind",
            string.Join(',', csv[0]));
        for (var column = 3; column < csv[0].Length; column++)
            oracle.Meets(
                $"head_df.{csv[0][column]}", [.. csv.Skip(1).Select(row => float.Parse(row[column], CultureInfo.InvariantCulture))]);

        var scalars = Fixture.Json(name, $"scalars_{variant}.json");
        Assert.Equal(scalars.GetProperty("frac_movable").GetDouble(), manifest.Summary.FracMovable, 1e-6);
        Assert.Equal(1 - scalars.GetProperty("frac_no_induction").GetDouble(), manifest.Summary.FracInduction, 1e-6);
        Assert.Equal(scalars.GetProperty("mean_loss").GetDouble(), manifest.Summary.MeanLoss, 1e-4);
        Assert.Equal(oracle.Weights.Processing.Names, manifest.Model.Processing);
    }
}
