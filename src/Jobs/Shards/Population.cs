namespace HeadScope.Jobs.Shards;

/// <summary>Which positions a statistic is of. The first two are disjoint and are what is counted; the third is both.</summary>
public enum Population
{
    /// <summary>Positions that induction does not explain.</summary>
    NoInduction,

    /// <summary>Positions that induction explains.</summary>
    Induction,

    All,
}

/// <summary>Populations in results.</summary>
public static class Populations
{
    /// <summary>Populations that are counted.</summary>
    public const int Counted = 2;

    /// <summary>Those that results show.</summary>
    public static IReadOnlyList<Population> Shown { get; } = [Population.All, Population.NoInduction];

    /// <summary>The name in tables.</summary>
    public static string Name(this Population population) => population switch
    {
        Population.All => "all",
        Population.NoInduction => "no_ind",
        Population.Induction => "ind",
        _ => throw new ArgumentOutOfRangeException(nameof(population), population, null),
    };
}
