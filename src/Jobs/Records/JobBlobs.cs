using System.Text.Json;
using HeadScope.Jobs.Specs;
using HeadScope.Jobs.Store;

namespace HeadScope.Jobs.Records;

/// <summary>
/// Reads a job's JSON blobs, each by a method of its name. Whatever a blob holds, that takes bounded memory, and gives what it should hold
/// or an <see cref="UnreadableBlobException"/> that says why not.
/// </summary>
public static class JobBlobs
{
    /// <summary>The most that a blob of a few fields can have, in bytes.</summary>
    public const int MostBytes = 1 << 20;

    /// <summary>What to do about a blob that a job can do without.</summary>
    const string Dispensable = "Restore it, or delete this blob: the job goes on without.";

    public static JobSpec Spec(JobFolder folder, byte[] json)
    {
        var format = Parse<Versioned>(folder.Spec, json, _ => null).Format;
        if (format > JobSpec.KnownFormat)
        {
            throw new UnreadableBlobException(
                folder.Spec,
                $"a newer version of HeadScope wrote this job (format {format}, where this version knows {JobSpec.KnownFormat})",
                "Use that version or a later one with it.");
        }

        return Parse<JobSpec>(folder.Spec, json, spec =>
            format < JobSpec.KnownFormat ? $"it is of format {format}, which this version does not know"
            : JobLimits.FaultOf(spec) ?? (spec.Id == folder.Id ? null : $"it is the spec of job {spec.Id}, or of another version of HeadScope"));
    }

    public static JobPlan Plan(JobFolder folder, JobSpec spec, byte[] json) =>
        Parse<JobPlan>(folder.Plan, json, plan => JobLimits.FaultOf(plan, spec));

    public static int[][] InductionTokens(JobFolder folder, InductionReference induction, byte[] json) => Parse<int[][]>(
        folder.InductionTokens, json,
        rows => rows.Any(row => row is null) || InductionRows.Hash(rows) != induction.Hash
            ? "these are not the token rows that the job was made with"
            : null);

    /// <summary>
    /// The most bytes of <see cref="InductionTokens"/>: rows in brackets, of numbers that have eleven characters and a comma.
    /// </summary>
    public static long MostInductionBytes(InductionReference induction) => 16 + induction.Rows * (4 + 12 * (2L * induction.Repeat + 1));

    public static JobControl Control(JobFolder folder, byte[] json) => Parse<JobControl>(
        folder.Control, json,
        control => RequestRules.Priority.FaultOf(control.Priority) is null
            ? null
            : $"its priority is {control.Priority:N0}, where {RequestRules.Priority.Lowest} to {RequestRules.Priority.Highest} are " +
                "possible",
        Dispensable);

    public static JobSubmission Submission(JobFolder folder, byte[] json) =>
        Parse<JobSubmission>(folder.Submission, json, _ => null, Dispensable);

    public static JobFailure Failure(JobFolder folder, byte[] json) => Parse<JobFailure>(folder.Failed, json, _ => null, Dispensable);

    public static Manifest Manifest(JobFolder folder, byte[] json) =>
        Parse<Manifest>(
            folder.Manifest, json, manifest => manifest.Job == folder.Id ? manifest.Fault() : "it is the manifest of another job");

    /// <param name="fault">What does not hold of a value though it can be read, in half a sentence; null where all does.</param>
    /// <param name="remedy">What to do where it is unreadable; null for what helps with any blob of a job.</param>
    static T Parse<T>(string name, byte[] json, Func<T, string?> fault, string? remedy = null)
        where T : class
    {
        if (json.Length == 0)
            throw new UnreadableBlobException(name, "it is empty", remedy);
        T value;
        try
        {
            value = JsonSerializer.Deserialize<T>(json, JobJson.Options) ?? throw new JsonException("it is null");
        }
        catch (JsonException e)
        {
            throw new UnreadableBlobException(name, JobJson.Fault<T>(e), remedy, e);
        }

        return fault(value) is { } what ? throw new UnreadableBlobException(name, what, remedy) : value;
    }

    /// <summary>What every version can read of a spec.</summary>
    sealed record Versioned(int Format = JobSpec.KnownFormat);
}
