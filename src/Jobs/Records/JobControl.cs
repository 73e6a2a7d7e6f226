namespace HeadScope.Jobs.Records;

/// <summary>What people said of a job after it was submitted. The last word counts.</summary>
/// <param name="Priority">Jobs of a higher priority have all workers they can use first, from -100 to 100. The default value is 0.</param>
/// <param name="Paused">Whether no more shards are to be leased; those in work are finished.</param>
public sealed record JobControl(int Priority = 0, bool Paused = false)
{
    public static JobControl Default { get; } = new();
}

/// <summary>Who submitted a job, and when.</summary>
/// <param name="By">The name of an API key, or null where none was asked for.</param>
public sealed record JobSubmission(DateTimeOffset When, string? By);
