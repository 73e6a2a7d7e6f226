namespace HeadScope.Grains.Contracts;

/// <summary>The cluster's directory of active jobs. There is one, of key <see cref="Key"/>.</summary>
[Alias("HeadScope.IJobQueueGrain")]
public interface IJobQueueGrain : IGrainWithIntegerKey
{
    const long Key = 0;

    /// <summary>The active jobs in the order in which to turn to them: by priority, and within one each first in its turn.</summary>
    [Alias("InTurn"), ResponseTimeout(GrainCalls.Timeout)]
    Task<QueuedJob[]> InTurnAsync();

    /// <summary>A job was submitted, reopened or changed.</summary>
    [Alias("Changed"), ResponseTimeout(GrainCalls.Timeout)]
    Task ChangedAsync(string job);

    /// <summary>Somebody has seen the end of a job.</summary>
    [Alias("Ended"), ResponseTimeout(GrainCalls.Timeout)]
    Task EndedAsync(string job);
}
