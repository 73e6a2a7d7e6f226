using Orleans.Concurrency;

namespace HeadScope.Grains.Contracts;

/// <summary>
/// Tells all workers of the cluster which of a job's units to try next. The key is the job's id. It can go at any time: the store knows
/// what is done, and who has claimed what.
/// </summary>
[Alias("HeadScope.IJobGrain")]
public interface IJobGrain : IGrainWithStringKey
{
    /// <summary>The job was submitted, reopened, changed or cancelled: look at the store.</summary>
    [Alias("Changed"), ResponseTimeout(GrainCalls.Timeout)]
    Task ChangedAsync();

    /// <summary>What is known of the job's units does not agree with the store: the next call begins with what the store says.</summary>
    [Alias("BeginAnew"), ResponseTimeout(GrainCalls.Timeout)]
    Task BeginAnewAsync();

    /// <summary>The next unit for a worker.</summary>
    /// <param name="silo">The silo the worker is on: when it dies, what its workers have is free at once.</param>
    [Alias("Next"), ResponseTimeout(GrainCalls.Timeout)]
    Task<NextReply> NextAsync(string worker, SiloAddress silo);

    /// <summary>The workers of these units are alive.</summary>
    [Alias("Renew"), ResponseTimeout(GrainCalls.Timeout)]
    Task<JobProgress> RenewAsync(HeldUnit[] units, SiloAddress silo);

    /// <summary>A unit was committed.</summary>
    [Alias("Complete"), ResponseTimeout(GrainCalls.Timeout)]
    Task<JobProgress> CompleteAsync(HeldUnit unit);

    /// <summary>A unit is given back.</summary>
    [Alias("Abandon"), ResponseTimeout(GrainCalls.Timeout)]
    Task<JobProgress> AbandonAsync(HeldUnit unit);

    /// <summary>Somebody else has claimed a unit.</summary>
    [Alias("Refuse"), ResponseTimeout(GrainCalls.Timeout)]
    Task<JobProgress> RefuseAsync(HeldUnit unit);

    [Alias("Status"), AlwaysInterleave, ResponseTimeout(GrainCalls.Timeout)]
    Task<JobProgress> StatusAsync();
}

/// <summary>What all calls share.</summary>
public static class GrainCalls
{
    /// <summary>A call whose silo dies waits as long as this; there is none that takes longer when nothing is wrong.</summary>
    public const string Timeout = "00:00:05";
}
