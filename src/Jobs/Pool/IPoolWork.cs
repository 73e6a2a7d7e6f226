using HeadScope.Jobs.Leasing;
using HeadScope.Jobs.Records;
using HeadScope.Jobs.Store;
using HeadScope.Jobs.Work;

namespace HeadScope.Jobs.Pool;

/// <summary>Where a pool's work comes from: which jobs there are, who has which of their units, and who makes their results.</summary>
public interface IPoolWork
{
    /// <summary>The jobs that have not ended, in the order in which to turn to them.</summary>
    Task<IReadOnlyList<ActiveJob>> InTurnAsync(CancellationToken cancellation);

    /// <summary>Who tells workers which of a job's units to try next; null where each process does so for itself.</summary>
    IUnitDispatcher? DispatcherOf(JobFolder folder, JobUnits units);

    /// <summary>Has a job, all of whose units are done, reduced. False where somebody is at it: look again later.</summary>
    /// <exception cref="JobStoppedException">It cannot be reduced, and has failed.</exception>
    /// <exception cref="StoreException">The store failed: another time may do.</exception>
    Task<bool> TryReduceAsync(JobSession session, CancellationToken cancellation);

    /// <summary>A job was submitted or changed: it may be active again.</summary>
    void Changed(JobFolder folder);

    /// <summary>The pool has seen the end of a job.</summary>
    void Ended(JobFolder folder);
}

/// <summary>A job that has not ended.</summary>
/// <param name="Fault">Why it cannot be read, where it cannot: nobody works on it, or writes into it.</param>
/// <param name="MayPass">Whether that may be otherwise at the next look: the store failed.</param>
public sealed record ActiveJob(JobFolder Folder, JobControl Control, string? Fault = null, bool MayPass = false);
