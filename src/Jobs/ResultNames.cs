namespace HeadScope.Jobs;

/// <summary>The files that a job's results are.</summary>
public static class ResultNames
{
    public const string HeadsCsv = "head_df.csv";
    public const string Heads = "head_df.parquet";
    public const string Quantiles = "quantiles.parquet";
    public const string Moments = "moments.parquet";
    public const string Examples = "examples.parquet";
    public const string TokenLoss = "token_loss.parquet";

    /// <summary>Every score, where the job keeps them.</summary>
    public const string Scores = "scores.parquet";

    public const string Report = "report.html";

    /// <summary>What the results are, by their hashes, and what they were made of.</summary>
    public const string Manifest = "manifest.json";

    /// <summary>Who did what and how long it took: no two runs agree on it.</summary>
    public const string Timings = "timings.json";

    /// <summary>Those that every job gives for people to read.</summary>
    public static IReadOnlyList<string> Always { get; } = [HeadsCsv, Heads, Quantiles, Moments, Examples, TokenLoss, Report];
}
