using System.ComponentModel;
using HeadScope.Jobs.Records;
using HeadScope.Jobs.Store;

namespace HeadScope.Jobs.Status;

/// <summary>A job as people and programs see it: what the API answers, and what the verbs of the command line print.</summary>
/// <param name="Model">The model's name; absent where the job cannot be read. What counts is 0 then.</param>
/// <param name="Commit">Of a model from the hub.</param>
/// <param name="Rows">Rows of the dataset that are scored.</param>
/// <param name="Context">Tokens a row.</param>
/// <param name="Shards">How many there are.</param>
/// <param name="Progress">Share of the rows that are committed, from 0 to 1.</param>
/// <param name="TokensPerSecond">By a server's workers, lately; absent where it has none at the job, and for jobs in a store.</param>
/// <param name="SecondsLeft">At that rate.</param>
/// <param name="Error">Why it failed, or why it cannot be read.</param>
/// <param name="Files">The results, by name, once they are there.</param>
public sealed record JobView(
    [property: Description("Sixteen hex digits that follow from what was asked: the same request has the same id.")] string Id,
    JobState State, int Priority, string? Model, string? Commit, int Rows, int Context, int Shards, int ShardsCommitted, double Progress,
    double? TokensPerSecond, double? SecondsLeft, DateTimeOffset? Submitted, string? SubmittedBy, string? Error, JobSummary? Summary,
    [property: Description("Sentences about what to know before the results are believed, such as a loss that is not finite.")]
    IReadOnlyList<string>? Warnings,
    IReadOnlyDictionary<string, ResultFile>? Files)
{
    /// <summary>A job of which is known that it is there, and why no more is.</summary>
    public static JobView Unreadable(JobFolder folder, UnreadableBlobException cause) =>
        new(folder.Id, JobState.Unreadable, JobControl.Default.Priority, null, null, 0, 0, 0, 0, 0, null, null, null, null, cause.Message,
            null, null, null);

    /// <param name="tokensPerSecond">Null where no rate is known.</param>
    public static JobView Of(JobStatus status, double? tokensPerSecond = null)
    {
        var (model, tokens) = (status.Spec.Model, status.Spec.Tokens);
        var rowsLeft = status.Plan.Rows - status.RowsCommitted;
        return new JobView(
            status.Folder.Id, status.State, status.Control.Priority, model.Name, model.Hub?.Commit, tokens.Rows, tokens.Context,
            status.Plan.Shards, status.CommittedShards.Count, status.Progress,
            tokensPerSecond, tokensPerSecond > 0 ? (double)rowsLeft * tokens.Context / tokensPerSecond : null,
            status.Submission?.When, status.Submission?.By, status.Failure?.Message, status.Manifest?.Summary,
            status.Manifest?.Summary.Warnings is { Count: > 0 } warnings ? warnings : null, status.Manifest?.Files);
    }
}
