namespace HeadScope.Jobs.Records;

/// <summary>The job cannot go on: it failed or was cancelled. What was finished is kept.</summary>
public sealed class JobStoppedException(string message, Exception? cause = null) : Exception(message, cause)
{
    /// <summary>Whether somebody cancelled it.</summary>
    public bool Cancelled { get; init; }
}
