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
