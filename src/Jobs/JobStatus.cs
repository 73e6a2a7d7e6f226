namespace HeadScope.Jobs;

/// <summary>Where a job is in its life.</summary>
public enum JobState
{
    /// <summary>Nobody has begun.</summary>
    Planned,
    Running,

    /// <summary>All shards are in; the results are being made of them.</summary>
    Reducing,
    Done,
    Failed,
    Cancelled,
}

/// <summary>How far a job is, as its blobs say.</summary>
/// <param name="Model">The model's name, for people.</param>
/// <param name="Rows">Rows of the dataset that are scored.</param>
/// <param name="Context">Tokens a row.</param>
/// <param name="ShardsDone">Committed, of <paramref name="Shards"/>.</param>
/// <param name="Message">Why it failed; null where it did not.</param>
public sealed record JobStatus(string Id, JobState State, string Model, int Rows, int Context, int ShardsDone, int Shards, string? Message);
