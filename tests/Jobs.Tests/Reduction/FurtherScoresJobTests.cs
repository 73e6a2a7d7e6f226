using System.Globalization;
using System.Text;
using HeadScope.Jobs.Specs;
using HeadScope.ModelCore.Scoring;
using HeadScope.ModelCore.Scoring.Scores;
using HeadScope.Tests.Support;
using Xunit.Abstractions;

namespace HeadScope.Jobs.Tests.Reduction;

/// <summary>Jobs of all scores: their head frames, beside summaries of the oracle's scores.</summary>
public class FurtherScoresJobTests(ITestOutputHelper output)
{
    /// <summary>The oracle's summaries are of all rows, its ablations take from the next row: what seed 0 means.</summary>
    static JobRequest Request(string model, string variant) =>
        JobFixture.Request(model) with { Raw = variant == "raw", Scores = [ScoreNames.All], Seed = 0, SkipHeads = true, ShardRows = 7 };

    [Theory]
    [InlineData("neox-tiny", "raw")]
    [InlineData("gpt2-tiny", "proc")]
    [InlineData("llama-tiny", "proc")]
    public async Task HeadFrame_AllScores_MeetsTheOracle(string name, string variant)
    {
        using var oracle = OracleModel.OfScores(name, variant, output);
        using var fixture = new JobFixture();
        var (folder, _) = await fixture.RunAsync(Request(name, variant));
        var csv = Encoding.UTF8.GetString((await fixture.Jobs.Blobs.TryReadAsync(folder.Result("head_df.csv")))!).TrimEnd().Split('\n')
            .Select(line => line.Split(',')).ToArray();
        var met = 0;
        foreach (var score in ScoreCatalogue.All.Except(ScoreCatalogue.Default))
        {
            var (all, noInduction) = score.Summary == ScoreSummary.Mean ? ("mean", "mean_no_ind") : ("q90", "q95_no_ind");
            foreach (var (column, key) in new[] { (score.Name, $"{all}.{score.Name}"), (score.NoInductionName, $"{noInduction}.{score.Name}") })
            {
                if (!oracle.Expected.Has(key))
                    continue;
                var index = Array.IndexOf(csv[0], column);
                Assert.True(index > 0, $"there is no column {column}");

                // A quantile of ratios moves far where head_dla is near 0; OracleJobTests bounds how far, here an order of magnitude is
                // enough.
                var tolerance = score is SourceRatio ? 1e-2f : 0;
                oracle.Meets(
                    key, [.. csv.Skip(1).Select(row => float.Parse(row[index], CultureInfo.InvariantCulture))],
                    i => Around(oracle.Expected.Floats(key)[i], tolerance));
                met++;
            }
        }

        Assert.Equal(2 * (5 * 3 + 3 + 3), met); // all but distance
    }

    [Fact]
    public async Task Results_AnyWorkersBatchAndShards_AreTheSameBytes()
    {
        var request = Request("neox-tiny", "proc") with { Rows = 11, KeepScores = true };
        Dictionary<string, byte[]>? first = null;
        foreach (var (workers, batch, rows) in new[] { (1, 1, 3), (2, 7, 64), (4, 32, 3) })
        {
            using var fixture = new JobFixture();
            var (folder, manifest) = await fixture.RunAsync(
                request with { ShardRows = rows }, new Jobs.Work.EngineOptions { Workers = workers, BatchSize = batch });
            var files = new Dictionary<string, byte[]>();
            foreach (var file in manifest.Files.Keys)
                files.Add(file, (await fixture.Jobs.Blobs.TryReadAsync(folder.Result(file)))!);
            first ??= files;
            foreach (var (file, bytes) in first)
                Assert.True(
                    bytes.AsSpan().SequenceEqual(files[file]),
                    $"{file} differs with {workers} workers, batches of {batch} and shards of {rows}");
        }
    }

    static (float Low, float High) Around(float value, float relative) =>
        (value - Math.Abs(value) * relative, value + Math.Abs(value) * relative);
}
