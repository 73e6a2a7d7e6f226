namespace HeadScope.Jobs.Pool;

/// <summary>What works on all jobs of a store: workers in this process, or in a cluster.</summary>
public interface IJobEngine
{
    /// <summary>
    /// Works until <paramref name="drain"/> asks it to lease no more; then finishes the units in work, or gives them back when
    /// <paramref name="cancellation"/> says so.
    /// </summary>
    Task RunAsync(CancellationToken drain, CancellationToken cancellation);

    /// <summary>A job was submitted or changed: look at it now rather than later.</summary>
    void Wake(JobFolder folder);

    /// <summary>Whether its workers were told to lease no more.</summary>
    bool IsDrained { get; }

    /// <summary>Tokens scored a second for a job, lately; null where this engine is not at work on it.</summary>
    double? TokensPerSecond(JobFolder folder);
}
