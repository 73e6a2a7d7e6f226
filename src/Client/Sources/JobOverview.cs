using HeadScope.Jobs.Reduction;
using HeadScope.Jobs.Status;

namespace HeadScope.Client.Sources;

/// <summary>How far a job is.</summary>
/// <param name="Model">The model's name, for people.</param>
/// <param name="Rows">Rows of the dataset that are scored.</param>
/// <param name="Context">Tokens a row.</param>
/// <param name="ShardsDone">Committed, of <paramref name="Shards"/>.</param>
/// <param name="Progress">Share of the rows that are committed, from 0 to 1.</param>
/// <param name="Message">Why it failed; null where it did not.</param>
/// <param name="TokensPerSecond">As a server says of its workers; null where it has none at this job, and for jobs in a store.</param>
/// <param name="Summary">Of a job that is done.</param>
internal sealed record JobOverview(
    string Id, JobState State, int Priority, string Model, int Rows, int Context, int ShardsDone, int Shards, double Progress, string? Message,
    double? TokensPerSecond = null, JobSummary? Summary = null);
