using HeadScope.Jobs;
using HeadScope.Jobs.Records;
using HeadScope.Jobs.Store;

namespace HeadScope.Client.Sources;

/// <summary>How far a job is.</summary>
/// <param name="Model">The model's name, for people; null where the job cannot be read. What counts is 0 then.</param>
/// <param name="Rows">Rows of the dataset that are scored.</param>
/// <param name="Context">Tokens a row.</param>
/// <param name="ShardsDone">Committed, of <paramref name="Shards"/>.</param>
/// <param name="Progress">Share of the rows that are committed, from 0 to 1.</param>
/// <param name="Message">Why it failed, or cannot be read; null where neither is so.</param>
/// <param name="TokensPerSecond">As a server says of its workers; null where it has none at this job, and for jobs in a store.</param>
/// <param name="Summary">Of a job that is done.</param>
internal sealed record JobOverview(
    string Id, JobState State, int Priority, string? Model, int Rows, int Context, int ShardsDone, int Shards, double Progress, string? Message,
    double? TokensPerSecond = null, JobSummary? Summary = null)
{
    /// <summary>A job of which is known that it is there, and why no more is.</summary>
    public static JobOverview Unreadable(JobFolder folder, UnreadableBlobException cause) =>
        new(folder.Id, JobState.Unreadable, JobControl.Default.Priority, null, 0, 0, 0, 0, 0, cause.Message);
}
