namespace HeadScope.Jobs.Status;

/// <summary>The head frame of a job that runs.</summary>
/// <param name="Rows">How many rows the scores are of.</param>
/// <param name="Quantile">Their level.</param>
/// <param name="Scores">Names of the scores.</param>
/// <param name="Headline">The score that heads are ordered by where one must be chosen.</param>
public sealed record JobPreview(int Rows, double Quantile, IReadOnlyList<string> Scores, string Headline, IReadOnlyList<HeadPreview> Heads);

/// <summary>Scores of a head while the job runs: quantiles within 0.4 % of those of the shards so far, means of all of them.</summary>
/// <param name="Values">In the order of <see cref="JobPreview.Scores"/>.</param>
public sealed record HeadPreview(int L, int H, string Label, IReadOnlyList<float> Values);
