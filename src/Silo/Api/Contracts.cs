using System.ComponentModel;
using HeadScope.Jobs;
using HeadScope.Jobs.Records;
using HeadScope.Jobs.Status;
using HeadScope.Jobs.Store;
using HeadScope.Silo.Security;

namespace HeadScope.Silo.Api;

/// <summary>A job as callers see it.</summary>
/// <param name="Model">Absent where the job cannot be read; what counts is 0 then.</param>
/// <param name="Commit">Of a model from the hub.</param>
/// <param name="Shards">How many there are.</param>
/// <param name="Progress">Share of the rows that are committed, from 0 to 1.</param>
/// <param name="TokensPerSecond">By this server's workers, lately; absent where none works on it.</param>
/// <param name="SecondsLeft">At that rate.</param>
/// <param name="Error">Why it failed, or why it cannot be read.</param>
/// <param name="Files">The results, by name, once they are there.</param>
public sealed record JobView(
    [property: Description("Sixteen hex digits that follow from what was asked: the same request has the same id.")] string Id,
    JobState State, int Priority, string? Model, string? Commit, int Rows, int Context, int Shards, int ShardsCommitted, double Progress,
    double? TokensPerSecond, double? SecondsLeft, DateTimeOffset? Submitted, string? SubmittedBy, string? Error, JobSummary? Summary,
    [property: Description("Sentences about what in the results should not be believed unread, such as a loss that is not finite; absent where there is nothing to say.")]
    IReadOnlyList<string>? Warnings,
    IReadOnlyDictionary<string, ResultFile>? Files)
{
    /// <summary>A job of which is known that it is there, and why no more is.</summary>
    public static JobView Unreadable(JobFolder folder, UnreadableBlobException cause) =>
        new(folder.Id, JobState.Unreadable, 0, null, null, 0, 0, 0, 0, 0, null, null, null, null, PathsInText.Hide(cause.Message), null, null, null);

    public static JobView Of(JobStatus status, double? tokensPerSecond)
    {
        var rowsLeft = status.Plan.Rows - status.RowsCommitted;
        return new JobView(
            status.Folder.Id, status.State, status.Control.Priority, status.Spec.Model.Name, status.Spec.Model.Hub?.Commit, status.Spec.Tokens.Rows, status.Spec.Tokens.Context,
            status.Plan.Shards, status.CommittedShards.Count, status.Progress, tokensPerSecond,
            tokensPerSecond > 0 ? (double)rowsLeft * status.Spec.Tokens.Context / tokensPerSecond : null,
            status.Submission?.When, status.Submission?.By, status.Failure is { } failure ? PathsInText.Hide(failure.Message) : null, status.Manifest?.Summary,
            status.Manifest?.Summary.Warnings is { Count: > 0 } warnings ? warnings : null, status.Manifest?.Files);
    }
}

/// <param name="Next">Give it as 'after' to have the next page; absent on the last.</param>
public sealed record JobPage(IReadOnlyList<JobView> Jobs, string? Next);

/// <summary>What may be changed of a job that is not done.</summary>
public sealed record JobChange(
    [property: Description("From -100 to 100: jobs of a higher priority have workers first. Needs the role admin.")] int? Priority,
    [property: Description("Whether to lease no more shards.")] bool? Paused);
