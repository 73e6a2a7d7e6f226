using HeadScope.ModelCore.Scoring;

namespace HeadScope.Jobs.Shards;

/// <summary>The statistics of every head, score and counted population.</summary>
public sealed class HeadStatistics
{
    readonly ScoreStatistics[] _statistics;
    readonly Dictionary<Score, int> _indices;

    /// <param name="examples">Examples kept of each score that has any.</param>
    public HeadStatistics(ScoreSelection selection, int heads, int examples)
    {
        (Selection, Heads, Examples) = (selection, heads, examples);
        _indices = selection.Scores.Index().ToDictionary(score => score.Item, score => score.Index);
        _statistics =
        [
            .. from head in Enumerable.Range(0, heads)
               from score in selection.Scores
               from population in Enumerable.Range(0, Populations.Counted)
               select new ScoreStatistics(score.HasExamples ? examples : 0),
        ];
    }

    public ScoreSelection Selection { get; }

    public int Heads { get; }

    public int Examples { get; }

    /// <summary>All parts, by head, score and counted population.</summary>
    public IReadOnlyList<ScoreStatistics> Parts => _statistics;

    /// <summary>Positions counted, for each head and score.</summary>
    public long Positions => Counted(0, 0);

    /// <summary>Of a counted population; of all positions, see <see cref="Of"/>.</summary>
    /// <param name="score">Its place in the selection.</param>
    public ScoreStatistics this[int head, int score, Population population] =>
        _statistics[(head * Selection.Scores.Count + score) * Populations.Counted + (int)population];

    /// <summary>Of any population; that of all positions is merged for the occasion.</summary>
    public ScoreStatistics Of(int head, Score score, Population population)
    {
        var index = _indices[score];
        if (population != Population.All)
            return this[head, index, population];
        var all = new ScoreStatistics(score.HasExamples ? Examples : 0);
        all.Merge(this[head, index, Population.NoInduction]);
        all.Merge(this[head, index, Population.Induction]);
        return all;
    }

    /// <summary>
    /// A head's summary, as the head frame shows it, from the histogram alone: within 0.4 % of a quantile, exact for a mean.
    /// </summary>
    public float Preview(int head, Score score, double quantile)
    {
        var all = Of(head, score, Population.All);
        return score.Summary == ScoreSummary.Mean ? (float)all.Moments.Mean : all.Histogram.Approximate(quantile);
    }

    public void Merge(HeadStatistics other)
    {
        for (var i = 0; i < _statistics.Length; i++)
            _statistics[i].Merge(other._statistics[i]);
    }

    /// <summary>Whatever does not add up: every position is counted once for each head and score, as a number or as not one.</summary>
    public string? Imbalance(long positions)
    {
        for (var head = 0; head < Heads; head++)
        {
            foreach (var (index, score) in Selection.Scores.Index())
            {
                var counted = Counted(head, index);
                if (counted != positions)
                    return $"{score.Name} of head {head}: {counted} values, NaN among them, were counted of {positions} positions";
            }
        }

        return null;
    }

    long Counted(int head, int score)
    {
        ScoreStatistics noInduction = this[head, score, Population.NoInduction], induction = this[head, score, Population.Induction];
        return noInduction.Histogram.Total + noInduction.Moments.NaNs + induction.Histogram.Total + induction.Moments.NaNs;
    }
}
