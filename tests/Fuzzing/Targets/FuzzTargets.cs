using HeadScope.Tests.Support;

namespace HeadScope.Fuzzing.Targets;

/// <summary>Every reader of bytes from elsewhere, by name.</summary>
internal static class FuzzTargets
{
    /// <summary>A target before it is made.</summary>
    /// <param name="Share">Its share of the inputs: those whose inputs cost much get fewer.</param>
    /// <param name="Make">Makes it, with a folder for its files.</param>
    public sealed record Entry(string Name, int Share, Func<TemporaryFolder, FuzzTarget> Make);

    public static IReadOnlyList<Entry> All { get; } =
    [
        new("safetensors", 12, WeightTargets.Safetensors),
        new("safetensors-index", 12, WeightTargets.Index),
        new("checkpoint", 12, WeightTargets.Checkpoint),
        new("config", 8, WeightTargets.Config),
        new("tokenizer", 4, TextTargets.TokenizerJson),
        new("merges", 6, TextTargets.Merges),
        new("parquet", 6, TextTargets.Parquet),
        new("json-lines", 12, TextTargets.JsonLines),
        new("gzip", 8, TextTargets.Gzip),
        new("text", 4, TextTargets.Text),
        new("tokens-safetensors", 8, TextTargets.TokenTensor),
        new("tokens-npy", 12, TextTargets.TokenArray),
        new("hub-listing", 12, ServerTargets.HubListingOfRevision),
        new("hub-tree", 8, ServerTargets.HubTree),
        new("submission", 12, ServerTargets.Submission),
        new("keys", 8, ServerTargets.Keys),
        new("spec", 8, JobTargets.Spec),
        new("plan", 8, JobTargets.Plan),
        new("induction-tokens", 4, JobTargets.InductionTokens),
        new("control", 8, JobTargets.Control),
        new("submitter", 8, JobTargets.Submitter),
        new("failure", 8, JobTargets.Failure),
        new("manifest", 8, JobTargets.Manifest),
        new("weights-columns", 6, JobTargets.WeightsColumns),
        new("claim", 6, JobTargets.Claim),
        new("shard-statistics", 8, JobTargets.ShardStatistics),
        new("shard-scores", 2, JobTargets.ShardScores),
    ];

    /// <summary>Where inputs are kept: past faults, and inputs that reach what no seed reaches.</summary>
    public static string Kept(string target) => Fixture.PathOf("fuzz", target);

    /// <summary>The kept inputs of a target, in an order that does not change.</summary>
    public static IReadOnlyList<byte[]> KeptInputs(string target) => Directory.Exists(Kept(target))
        ? [.. Directory.GetFiles(Kept(target)).Order(StringComparer.Ordinal).Select(File.ReadAllBytes)]
        : [];
}
