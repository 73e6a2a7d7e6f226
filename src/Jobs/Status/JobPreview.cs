namespace HeadScope.Jobs.Status;

/// <summary>Scores of a head while the job runs: quantiles within 0.4 % of those of the shards so far.</summary>
public sealed record HeadPreview(int L, int H, string Label, float HeadDla, float MoverAttn, float MoverDla, float DlaRatio);

/// <summary>The head frame of a job that runs.</summary>
/// <param name="Rows">How many rows the scores are of.</param>
/// <param name="Quantile">Their level.</param>
public sealed record JobPreview(int Rows, double Quantile, IReadOnlyList<HeadPreview> Heads);
