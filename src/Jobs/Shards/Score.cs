namespace HeadScope.Jobs.Shards;

/// <summary>The four per-token, per-head scores.</summary>
public enum Score
{
    HeadDla,
    MoverAttn,
    MoverDla,

    /// <summary>MoverDla / HeadDla, elementwise; made of the other two, not stored.</summary>
    DlaRatio,
}

/// <summary>Which positions a statistic is of. The first two are disjoint and are what is counted; the third is both.</summary>
public enum Population
{
    NoInduction,
    Induction,
    All,
}

/// <summary>Names of scores and populations in frames.</summary>
public static class ScoreNames
{
    public const int Scores = 4;

    /// <summary>Scores that are stored for each token.</summary>
    public const int StoredScores = 3;

    /// <summary>Populations that are counted.</summary>
    public const int CountedPopulations = 2;

    public static string Name(this Score score) => score switch
    {
        Score.HeadDla => "head_dla",
        Score.MoverAttn => "mover_attn",
        Score.MoverDla => "mover_dla",
        Score.DlaRatio => "dla_ratio",
        _ => throw new ArgumentOutOfRangeException(nameof(score), score, null),
    };

    public static string Name(this Population population) => population switch
    {
        Population.All => "all",
        Population.NoInduction => "no_ind",
        Population.Induction => "ind",
        _ => throw new ArgumentOutOfRangeException(nameof(population), population, null),
    };
}
