using System.Globalization;

namespace HeadScope.Jobs;

/// <summary>The names of a job's blobs.</summary>
public sealed class JobFolder(string id)
{
    const int IdLength = 16;

    public const string Root = "jobs/";

    /// <summary>Where jobs that were deleted are remembered for a while.</summary>
    public const string DeletedRoot = "deleted/";

    public string Id => id;

    /// <summary>What was asked, resolved.</summary>
    public string Spec => $"{Prefix}spec.json";

    /// <summary>The token rows that measure induction.</summary>
    public string InductionTokens => $"{Prefix}induction_tokens.json";

    /// <summary>How rows are cut into shards.</summary>
    public string Plan => $"{Prefix}plan.json";

    /// <summary>Who submitted the job, and when.</summary>
    public string Submission => $"{Prefix}submission.json";

    /// <summary>Its priority, and whether it is paused.</summary>
    public string Control => $"{Prefix}control.json";

    /// <summary>The job was cancelled.</summary>
    public string Cancelled => $"{Prefix}cancelled.json";

    /// <summary>The job has failed, and why.</summary>
    public string Failed => $"{Prefix}failed.json";

    /// <summary>The columns of the frame that need no tokens.</summary>
    public string WeightsColumns => $"{Prefix}weights.json";

    public string Prefix => $"{Root}{id}/";

    /// <summary>The job was deleted. It lies beside the jobs' folders: of this one nothing is left.</summary>
    public string Deleted => $"{DeletedRoot}{id}";

    public string Claims => $"{Prefix}claims/";

    public string Failures => $"{Prefix}failures/";

    public string Shards => $"{Prefix}shards/";

    public string Results => $"{Prefix}results/";

    public string Manifest => Result(ResultNames.Manifest);

    public string Result(string file) => $"{Results}{file}";

    public string ShardStats(int shard) => $"{Shards}{ShardName(shard)}.stats";

    /// <summary>
    /// Scores of one attempt at a shard: two attempts may differ in a GPU's last bits, and the statistics belong to one of them.
    /// </summary>
    public string ShardScores(int shard, string attempt) => $"{Shards}{ShardName(shard)}.{attempt}.scores";

    /// <summary>Whether a blob of this job is what workers made of it, or how it ended, rather than what was submitted.</summary>
    public bool CameAfterSubmission(string name) =>
        name == WeightsColumns || name == Failed || name == Cancelled || new[] { Claims, Failures, Shards, Results }.Any(
            folder => name.StartsWith(folder, StringComparison.Ordinal));

    /// <summary>Whether a text is a job's id: sixteen hex digits, so that it never leads out of a job's folder.</summary>
    public static bool IsId(string text) => text.Length == IdLength && text.All(char.IsAsciiHexDigitLower);

    public static string ShardName(int shard) => shard.ToString("D6", CultureInfo.InvariantCulture);
}
