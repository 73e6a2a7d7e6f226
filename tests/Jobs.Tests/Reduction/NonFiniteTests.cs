using System.Globalization;
using System.Text;
using HeadScope.Jobs.Records;
using HeadScope.Jobs.Reduction;
using HeadScope.Jobs.Shards;
using HeadScope.Jobs.Specs;
using HeadScope.ModelCore.Scoring;
using HeadScope.ModelCore.Scoring.Scores;
using HeadScope.Tests.Support;

namespace HeadScope.Jobs.Tests.Reduction;

/// <summary>Jobs of models whose activations leave the range of float32: their results are made, and say so.</summary>
public class NonFiniteTests
{
    const float Infinity = float.PositiveInfinity;

    [Theory]
    [InlineData(OverflowingModel.Everywhere)]
    [InlineData(OverflowingModel.Somewhere)]
    public async Task Run_LossIsNotFinite_CountsWhatItIsAndSaysSoInManifestAndReport(float factor)
    {
        using var fixture = new JobFixture();
        OverflowingModel.Write(fixture.File("model"), factor);
        var request = JobFixture.TinyRequest with { Model = fixture.File("model"), ShardRows = 5 };
        var (folder, manifest) = await fixture.RunAsync(request);

        // Scored again, and counted by hand.
        using var model = new TestModel(JobResolver.Resolve(request).Spec);
        var (rows, positions, heads) = (manifest.Tokens.Rows, manifest.Tokens.Context - 1, manifest.Model.Layers * manifest.Model.HeadsPerLayer);
        var scores = new ScoreTable(ScoreSelection.Default, heads, positions + 1, rows);
        model.Scorer.Score(new ShardRange(0, 0, rows), scores, _ => { }, default);
        var loss = scores.Loss.ToArray();
        var finite = loss.Where(float.IsFinite).ToArray();
        Assert.Equal(factor == OverflowingModel.Somewhere, finite.Length > 0);
        var badRows = Enumerable.Range(0, rows)
            .Where(row => loss.Skip(row * positions).Take(positions).Any(value => !float.IsFinite(value))).ToArray();
        var found = manifest.Summary.NonFiniteLoss!;
        Assert.Equal(
            (loss.Count(float.IsNaN), loss.Count(float.IsInfinity), badRows.Length), (found.NaNs, found.Infinities, found.Rows));
        Assert.Equal(badRows.Take(10), found.FirstRows);
        Assert.Equal(finite.Length == 0 ? double.NaN : finite.Average(value => (double)value), manifest.Summary.MeanLoss, 1e-9);

        // Where no copy is visible, nothing moves: 0, whatever the scale is.
        var copies = scores.NumCopies.ToArray();
        float[] stored =
        [
            .. from head in Enumerable.Range(0, heads)
               from score in ScoreSelection.Default.Stored
               from value in scores[score, head].ToArray().Where((_, i) => score.ZeroWithout is null || copies[i] > 0)
               select value,
        ];
        Assert.Equal(new NonFiniteScores(stored.Count(float.IsNaN), stored.Count(float.IsInfinity)), manifest.Summary.NonFiniteScores);

        // Quantiles are of the numbers: NaN is none.
        var frame = Encoding.UTF8.GetString((await fixture.Jobs.Blobs.TryReadAsync(folder.Result("head_df.csv")))!).TrimEnd().Split('\n')
            .Skip(1).Select(line => line.Split(',')).ToList();
        foreach (var (head, cells) in frame.Index())
            Assert.Equal(
                Quantile(scores[HeadDla.Instance, head].ToArray(), manifest.Scores.Quantile),
                float.Parse(cells[3], CultureInfo.InvariantCulture));

        var json = JobJson.Write(manifest);
        Assert.Equal(json, JobJson.Write(JobJson.Read<Manifest>(json, "manifest")));
        var report = Encoding.UTF8.GetString((await fixture.Jobs.Blobs.TryReadAsync(folder.Result("report.html")))!);
        foreach (var warning in manifest.Summary.Warnings)
            Assert.Contains(warning[..20], report, StringComparison.Ordinal);
        Assert.Contains(
            $"{loss.Length - finite.Length:N0} of {loss.Length:N0} positions", manifest.Summary.Warnings[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_AllIsFinite_SaysNothingOfIt()
    {
        using var fixture = new JobFixture();
        var (folder, manifest) = await fixture.RunAsync(JobFixture.TinyRequest with { SkipHeads = true });
        Assert.Empty(manifest.Summary.Warnings);
        Assert.DoesNotContain(
            "non_finite", Encoding.UTF8.GetString((await fixture.Jobs.Blobs.TryReadAsync(folder.Manifest))!), StringComparison.Ordinal);
    }

    [Fact]
    public void Tally_LossOfEveryKind_IsCountedByKindAndRow()
    {
        var tally = new LossTally();
        tally.AddRow(7, [1, 2]);
        tally.AddRow(8, [float.NaN, 6]);
        tally.AddRow(9, [Infinity, float.NegativeInfinity]);
        tally.AddRow(10, [3, 3]);
        Assert.Equal(3, tally.Mean);
        var found = tally.NonFinite!;
        Assert.Equal((1, 2, 2), (found.NaNs, found.Infinities, found.Rows));
        Assert.Equal([8, 9], found.FirstRows);
        for (var row = 11; row < 100; row++)
            tally.AddRow(row, [float.NaN]);
        Assert.Equal([8, 9, .. Enumerable.Range(11, 8)], tally.NonFinite!.FirstRows);
        Assert.Equal(91, tally.NonFinite.Rows);
    }

    [Fact]
    public void Count_ScoresOfEveryKind_AreWholeAndComeBackFromTheirFile()
    {
        // Two rows of one head, with every kind of value in places of all populations.
        float[] kinds = [float.NaN, Infinity, float.NegativeInfinity, 0, -0f, float.MaxValue, float.Epsilon, 1];
        const int Positions = 64;
        var scores = Table(kinds, Positions);
        var spec = JobResolver.Resolve(JobFixture.TinyRequest with { Examples = 3, Rows = 2 }).Spec;
        spec = spec with { Model = spec.Model with { Layers = 1, HeadsPerLayer = 1 }, Tokens = spec.Tokens with { Context = Positions + 1 } };
        var statistics = new ShardCounter(ScoreSelection.Default).Count(scores, 0, examples: 3);
        Assert.Null(statistics.Imbalance(2 * Positions));
        var dla = statistics.Of(0, HeadDla.Instance, Population.All);
        Assert.Equal((2 * Positions / kinds.Length, 2 * 2 * Positions / kinds.Length), (dla.Moments.NaNs, dla.Moments.Infinities));
        Assert.All(dla.Highest.Best, example => Assert.Equal(Infinity, example.Value));
        Assert.All(dla.Lowest.Best, example => Assert.Equal(float.NegativeInfinity, example.Value));

        var record = new ShardRecord(
            spec.Id, 0, 0, 2, Positions, new JobFolder(spec.Id).ShardScores(0, "attempt"), new uint[3],
            ShardScoresFile.CountWithSources(scores), new ShardWork("worker", "device", DateTimeOffset.UnixEpoch, 0, 0, 0, 0));
        var back = new HeadStatistics(ScoreSelection.Default, 1, examples: 3);
        ShardStatsFile.Read(ShardStatsFile.Write(record, statistics), "stats", new ShardShape(spec, new JobPlan(2, 2)), back);
        foreach (var score in ScoreCatalogue.Default)
        {
            ScoreStatistics before = statistics.Of(0, score, Population.All), after = back.Of(0, score, Population.All);
            Assert.Equal(before.Histogram.Counts, after.Histogram.Counts);
            Assert.Equal(
                (before.Moments.Count, before.Moments.NaNs, before.Moments.Infinities, before.Moments.Min, before.Moments.Max, before.Moments.Mean, before.Moments.StandardDeviation),
                (after.Moments.Count, after.Moments.NaNs, after.Moments.Infinities, after.Moments.Min, after.Moments.Max, after.Moments.Mean, after.Moments.StandardDeviation));
            Assert.Equal(before.Highest.Best, after.Highest.Best);
        }
    }

    static float Quantile(float[] values, double q)
    {
        var sorted = values.Where(value => !float.IsNaN(value)).Order().ToArray();
        if (sorted.Length == 0)
            return float.NaN;
        var rank = (sorted.Length - 1) * q;
        double lower = sorted[(int)rank], upper = sorted[(int)Math.Ceiling(rank)];
        var fraction = rank - Math.Floor(rank);
        return (float)(lower == upper ? lower : fraction < 0.5 ? lower + (upper - lower) * fraction : upper - (upper - lower) * (1 - fraction));
    }

    /// <summary>Two rows of one head, whose scores are of some kinds in turn.</summary>
    static ScoreTable Table(float[] kinds, int positions)
    {
        var table = new ScoreTable(ScoreSelection.Default, 1, positions + 1, 2) { Sequences = 2 };
        var set = table.Selection.Sets.Single();
        for (var i = 0; i < table.Positions; i++)
        {
            table.NumCopiesOf(0)[i] = i / kinds.Length % 2;
            table.HasSourcesOf(set, 0)[i] = table.NumCopies[i] > 0;
            table.IsInductionOf(0)[i] = i / (2 * kinds.Length) % 2 == 1;
            foreach (var (index, score) in table.Selection.Stored.Index())
            {
                if (score.ZeroWithout is null)
                    table.ScoresOf(index, 0, 0)[i] = kinds[i % kinds.Length];
                else if (table.NumCopies[i] > 0)
                    table.ScoresOf(index, 0, 0)[i] = kinds[(3 * i + 1) % kinds.Length];
            }
        }

        return table;
    }
}
