using HeadScope.Data.Frames;
using HeadScope.Data.Tokens;
using HeadScope.Jobs.Shards;
using HeadScope.Jobs.Specs;
using HeadScope.ModelCore.Model;
using HeadScope.ModelCore.Scoring;

namespace HeadScope.Jobs.Reduction;

/// <summary>The small tables of a job's results.</summary>
public static class Frames
{
    /// <summary>
    /// The head frame: one row for each head, layer-major. Columns of the weights are left out where they were not computed. The default
    /// scores surround them; further scores follow, each with its summary over positions that induction does not explain.
    /// </summary>
    public static Frame Heads(
        ScoreQuantiles quantiles, HeadStatistics statistics, ScoreOptions options, WeightsColumns? weights, int layers, int headsPerLayer)
    {
        var frame = HeadIdentity(layers, headsPerLayer);
        var (leading, further) = (quantiles.Selection.Scores.Where(ScoreCatalogue.Default.Contains).ToList(), quantiles.Selection.Scores.Except(ScoreCatalogue.Default));
        foreach (var score in leading)
            frame.Add(score.Name, Summary(score, Population.All));
        if (weights is not null)
            AddWeights(frame, weights);
        foreach (var score in leading)
            frame.Add(score.NoInductionName, Summary(score, Population.NoInduction));
        foreach (var score in further)
            frame.Add(score.Name, Summary(score, Population.All)).Add(score.NoInductionName, Summary(score, Population.NoInduction));
        return frame;

        float[] Summary(Score score, Population population) => score.Summary == ScoreSummary.Mean
            ? [.. Enumerable.Range(0, layers * headsPerLayer).Select(head => (float)statistics.Of(head, score, population).Moments.Mean)]
            : quantiles.Column(score, population, population == Population.All ? options.Quantile : options.NoInductionQuantile);
    }

    /// <summary>The columns that need no tokens, with the head frame's names and order.</summary>
    public static Frame AddWeights(Frame frame, WeightsColumns weights) => frame
        .Add("induction", weights.Induction)
        .Add("eigenvals_vocab", weights.EigenvalsVocab)
        .Add("eigenvals_resid", weights.EigenvalsResid)
        .Add("frac_copy_argmax", weights.FracCopyArgmax);

    /// <summary>L, H and label of each head, layer-major.</summary>
    public static Frame HeadIdentity(int layers, int headsPerLayer)
    {
        var heads = Enumerable.Range(0, layers * headsPerLayer).ToArray();
        return new Frame()
            .Add("L", Array.ConvertAll(heads, head => head / headsPerLayer))
            .Add("H", Array.ConvertAll(heads, head => head % headsPerLayer))
            .Add("label", Array.ConvertAll(heads, head => ModelConfig.HeadLabel(head / headsPerLayer, head % headsPerLayer)));
    }

    /// <summary>Every quantile: by head, score, population and level.</summary>
    public static Frame Quantiles(ScoreQuantiles quantiles, int layers, int headsPerLayer)
    {
        var rows = (
            from head in Enumerable.Range(0, layers * headsPerLayer)
            from score in quantiles.Selection.Scores
            from population in Populations.Shown
            from level in quantiles.Levels.Index()
            select (Head: head, Score: score.Name, Population: population.Name(), Q: (float)level.Item, Value: quantiles[head, score, population][level.Index])).ToArray();
        return ByHead(rows, row => row.Head, headsPerLayer)
            .Add("score", Array.ConvertAll(rows, row => row.Score))
            .Add("population", Array.ConvertAll(rows, row => row.Population))
            .Add("q", Array.ConvertAll(rows, row => row.Q))
            .Add("value", Array.ConvertAll(rows, row => row.Value));
    }

    /// <summary>Counts, means and extremes: by head, score and population.</summary>
    public static Frame Moments(HeadStatistics statistics, int headsPerLayer)
    {
        var rows = (
            from head in Enumerable.Range(0, statistics.Heads)
            from score in statistics.Selection.Scores
            from population in Populations.Shown
            select (Head: head, Score: score.Name, Population: population.Name(), statistics.Of(head, score, population).Moments)).ToArray();
        return ByHead(rows, row => row.Head, headsPerLayer)
            .Add("score", Array.ConvertAll(rows, row => row.Score))
            .Add("population", Array.ConvertAll(rows, row => row.Population))
            .Add("count", Array.ConvertAll(rows, row => row.Moments.Count))
            .Add("nan", Array.ConvertAll(rows, row => row.Moments.NaNs))
            .Add("inf", Array.ConvertAll(rows, row => row.Moments.Infinities))
            .Add("mean", Array.ConvertAll(rows, row => row.Moments.Mean))
            .Add("std", Array.ConvertAll(rows, row => row.Moments.StandardDeviation))
            .Add("min", Array.ConvertAll(rows, row => row.Moments.Min))
            .Add("max", Array.ConvertAll(rows, row => row.Moments.Max));
    }

    /// <summary>The positions where heads score highest and lowest, with the token there and the token predicted.</summary>
    public static Frame Examples(HeadStatistics statistics, int headsPerLayer, TokenDataset tokens)
    {
        var rows = (
            from head in Enumerable.Range(0, statistics.Heads)
            from score in statistics.Selection.Scores
            where score.HasExamples
            from population in Populations.Shown
            let all = statistics.Of(head, score, population)
            from side in new[] { all.Highest, all.Lowest }
            from example in side.Best.Index()
            select (Head: head, Score: score.Name, Population: population.Name(), Side: side.Lowest ? "lowest" : "highest", Rank: example.Index, example.Item.Value, example.Item.Row, Pos: example.Item.Position)).ToArray();
        var texts = new Dictionary<int, int[]>();
        foreach (var row in rows.Select(row => row.Row).Distinct().Order())
        {
            var text = new int[tokens.Context];
            tokens.Read(row, text);
            texts.Add(row, text);
        }

        return ByHead(rows, row => row.Head, headsPerLayer)
            .Add("score", Array.ConvertAll(rows, row => row.Score))
            .Add("population", Array.ConvertAll(rows, row => row.Population))
            .Add("side", Array.ConvertAll(rows, row => row.Side))
            .Add("rank", Array.ConvertAll(rows, row => row.Rank))
            .Add("value", Array.ConvertAll(rows, row => row.Value))
            .Add("row", Array.ConvertAll(rows, row => row.Row))
            .Add("pos", Array.ConvertAll(rows, row => row.Pos))
            .Add("token", Array.ConvertAll(rows, row => texts[row.Row][row.Pos]))
            .Add("target", Array.ConvertAll(rows, row => texts[row.Row][row.Pos + 1]));
    }

    static Frame ByHead<T>(T[] rows, Func<T, int> headOf, int headsPerLayer) => new Frame()
        .Add("L", Array.ConvertAll(rows, row => headOf(row) / headsPerLayer))
        .Add("H", Array.ConvertAll(rows, row => headOf(row) % headsPerLayer))
        .Add("label", Array.ConvertAll(rows, row => ModelConfig.HeadLabel(headOf(row) / headsPerLayer, headOf(row) % headsPerLayer)));
}
