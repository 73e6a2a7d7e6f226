using HeadScope.Data.Tokens;
using HeadScope.ModelCore.Compute;

namespace HeadScope.Jobs.Specs;

/// <summary>A job as a person asks for it, before anything is looked at.</summary>
public sealed record JobRequest
{
    public const double DefaultQuantile = 0.9;
    public const double DefaultNoInductionQuantile = 0.95;
    public const int DefaultExamples = 10;

    /// <summary>The levels of seed notebook 002's exploration plots.</summary>
    public static IReadOnlyList<double> NotebookQuantiles { get; } =
    [
        0, 0.001, 0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 1,
    ];

    /// <summary>A model's folder, or its id on the hub.</summary>
    public required string Model { get; init; }

    /// <summary>A branch, a tag or a commit of a model on the hub. The default value is main.</summary>
    public string? Revision { get; init; }

    /// <summary>A token file, <c>FILE.safetensors[:TENSOR]</c> or <c>.npy</c>.</summary>
    public required TokenLocation Tokens { get; init; }

    /// <summary>How many rows to score, from the first on. The default is all.</summary>
    public int? Rows { get; init; }

    /// <summary>Names of scores; see <see cref="ScoreNames"/>. The default are the notebook's.</summary>
    public IReadOnlyList<string> Scores { get; init; } = [ScoreNames.Default];

    /// <summary>From 0 to 1. The default value is 0.9.</summary>
    public double Quantile { get; init; } = DefaultQuantile;

    /// <summary>From 0 to 1. The default value is 0.95.</summary>
    public double NoInductionQuantile { get; init; } = DefaultNoInductionQuantile;

    /// <summary>More levels for quantiles.parquet, from 0 to 1, at most 100. The default is the notebook's thirteen.</summary>
    public IReadOnlyList<double> Quantiles { get; init; } = NotebookQuantiles;

    /// <summary>Score the weights as stored. The default is to process them as TransformerLens does.</summary>
    public bool Raw { get; init; }

    /// <summary>How products are computed. The default value is float32.</summary>
    public Precision Precision { get; init; }

    public bool KeepScores { get; init; }

    /// <summary>Leave out the columns of the weights alone.</summary>
    public bool SkipHeads { get; init; }

    /// <summary>Rows to measure induction on, in place of random ones.</summary>
    public TokenLocation? InductionTokens { get; init; }

    /// <summary>Seed of the random induction rows, and of the rows that ablations take from. The default value is 0.</summary>
    public long Seed { get; init; }

    /// <summary>Rows of a shard, at least 1. The default follows from memory and the number of rows.</summary>
    public int? ShardRows { get; init; }

    /// <summary>Positions listed for each head, score and side, from 0 to 1000. The default value is 10.</summary>
    public int Examples { get; init; } = DefaultExamples;
}

/// <summary>A job cannot be done as asked; all that is wrong with it, at once.</summary>
public sealed class InvalidJobException(IReadOnlyList<string> faults)
    : Exception(faults.Count == 1 ? faults[0] : $"{faults.Count} things are wrong with this " +
        $"job:{string.Concat(List(faults).Select(fault => $"\n  - {fault}"))}")
{
    /// <summary>More than a person mends in one go.</summary>
    public const int MostListed = 20;

    public IReadOnlyList<string> Faults => faults;

    /// <summary>The first of the faults and, where there are more, how many.</summary>
    public IReadOnlyList<string> Listed => List(faults);

    static IReadOnlyList<string> List(IReadOnlyList<string> faults) =>
        faults.Count <= MostListed ? faults : [.. faults.Take(MostListed), $"and {faults.Count - MostListed:N0} more."];
}
