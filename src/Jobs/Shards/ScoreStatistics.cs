using HeadScope.ModelCore.Statistics;

namespace HeadScope.Jobs.Shards;

/// <summary>What is known of one score of one head on one population: a histogram, moments and extreme examples.</summary>
public sealed class ScoreStatistics(int examples)
{
    /// <summary>Of all values that are numbers, infinities included.</summary>
    public BucketHistogram Histogram { get; } = new();

    public Moments Moments { get; } = new();

    public TopK Highest { get; } = new(examples, lowest: false);

    public TopK Lowest { get; } = new(examples, lowest: true);

    /// <summary>Whether any value of a row, from a lowest to a highest, is among the extremes: false for nearly all rows.</summary>
    public bool AdmitsExample(float lowest, float highest, int row) => Highest.Admits(highest, row) || Lowest.Admits(lowest, row);

    public void OfferExample(float value, int row, int position)
    {
        if (Highest.Admits(value, row))
            Highest.Add(value, row, position);
        if (Lowest.Admits(value, row))
            Lowest.Add(value, row, position);
    }

    public void Merge(ScoreStatistics other)
    {
        Histogram.Merge(other.Histogram);
        Moments.Merge(other.Moments);
        Highest.Merge(other.Highest);
        Lowest.Merge(other.Lowest);
    }
}

/// <summary>The statistics of every head, score and counted population.</summary>
public sealed class HeadStatistics
{
    readonly ScoreStatistics[] _statistics;

    /// <param name="examples">Examples kept of each stored score; ratios, whose extremes are noise, keep none.</param>
    public HeadStatistics(int heads, int examples)
    {
        Heads = heads;
        Examples = examples;
        _statistics = [.. Enumerable.Range(0, heads * ScoreNames.Scores * ScoreNames.CountedPopulations)
            .Select(i => new ScoreStatistics((Score)(i / ScoreNames.CountedPopulations % ScoreNames.Scores) == Score.DlaRatio ? 0 : examples))];
    }

    public int Heads { get; }

    public int Examples { get; }

    /// <summary>Positions counted, for each head and score.</summary>
    public long Positions => Counted(0, Score.HeadDla);

    /// <summary>Of a counted population; of all positions, see <see cref="Of"/>.</summary>
    public ScoreStatistics this[int head, Score score, Population population] =>
        _statistics[(head * ScoreNames.Scores + (int)score) * ScoreNames.CountedPopulations + (int)population];

    /// <summary>Of any population; that of all positions is merged for the occasion.</summary>
    public ScoreStatistics Of(int head, Score score, Population population)
    {
        if (population != Population.All)
            return this[head, score, population];
        var all = new ScoreStatistics(Examples);
        all.Merge(this[head, score, Population.NoInduction]);
        all.Merge(this[head, score, Population.Induction]);
        return all;
    }

    public void Merge(HeadStatistics other)
    {
        for (var i = 0; i < _statistics.Length; i++)
            _statistics[i].Merge(other._statistics[i]);
    }

    /// <summary>
    /// Whatever does not add up: every position is counted once for each head and score, as a number or as not one.
    /// </summary>
    public string? Imbalance(long positions)
    {
        for (var head = 0; head < Heads; head++)
        {
            for (var score = Score.HeadDla; score <= Score.DlaRatio; score++)
            {
                var counted = Counted(head, score);
                if (counted != positions)
                    return $"{score.Name()} of head {head}: {counted} values, NaN among them, were counted of {positions} positions";
            }
        }

        return null;
    }

    long Counted(int head, Score score)
    {
        ScoreStatistics noInduction = this[head, score, Population.NoInduction], induction = this[head, score, Population.Induction];
        return noInduction.Histogram.Total + noInduction.Moments.NaNs + induction.Histogram.Total + induction.Moments.NaNs;
    }
}
