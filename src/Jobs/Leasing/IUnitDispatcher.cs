using HeadScope.Jobs.Records;
namespace HeadScope.Jobs.Leasing;

/// <summary>
/// Tells workers which of a job's units to try next, so that they do not try for those of others: to the workers of one process or, where
/// a cluster works on the job, to all of them. Whether a worker gets the unit the claims in the store say.
/// </summary>
public interface IUnitDispatcher
{
    /// <summary>As this process last heard.</summary>
    UnitProgress Progress { get; }

    /// <summary>The next unit; null when all are done, others have what is left, or nobody answers just now.</summary>
    /// <exception cref="JobStoppedException">The job was cancelled or has failed.</exception>
    Task<Assignment?> NextAsync(string worker, CancellationToken cancellation);

    /// <summary>The unit is done, by this worker or another.</summary>
    Task CompleteAsync(Assignment assignment, CancellationToken cancellation);

    /// <summary>The unit will have to be done again.</summary>
    Task AbandonAsync(Assignment assignment, CancellationToken cancellation);

    /// <summary>Somebody else has claimed the unit.</summary>
    Task RefuseAsync(Assignment assignment, CancellationToken cancellation);

    /// <summary>Asks what is done.</summary>
    /// <exception cref="JobStoppedException">The job was cancelled or has failed.</exception>
    Task RefreshAsync(CancellationToken cancellation);

    /// <summary>Says that the work on all assignments of this process goes on; called at a fraction of the leases' duration.</summary>
    Task RenewAsync(CancellationToken cancellation);
}
