namespace HeadScope.Client.Sources;

/// <summary>Where a job is in its life.</summary>
internal enum JobState
{
    /// <summary>No shard is committed yet.</summary>
    Planned,
    Running,

    /// <summary>All shards are in; the results are being made of them.</summary>
    Reducing,
    Done,
    Failed,
    Cancelled,
}

/// <summary>How far a job is.</summary>
/// <param name="Model">The model's name, for people.</param>
/// <param name="Rows">Rows of the dataset that are scored.</param>
/// <param name="Context">Tokens a row.</param>
/// <param name="ShardsDone">Committed, of <paramref name="Shards"/>.</param>
/// <param name="Message">Why it failed; null where it did not.</param>
internal sealed record JobOverview(string Id, JobState State, string Model, int Rows, int Context, int ShardsDone, int Shards, string? Message);
