namespace HeadScope.Jobs.Work;

/// <summary>
/// Where the workers of a process get a job's units from: claims in the job's store, or somebody who keeps the leases of a whole
/// cluster. Either way the store says what is done, and a unit that two workers do is committed once.
/// </summary>
public interface IUnitLeases
{
    /// <summary>All units: the shards, and the columns of the weights where they are wanted.</summary>
    int Units { get; }

    /// <summary>Whether all units were done when this process last heard.</summary>
    bool IsComplete { get; }

    /// <summary>Rows of the shards that were done when this process last heard.</summary>
    int RowsDone { get; }

    /// <summary>Shards that are neither done nor in work, as far as this process knows.</summary>
    int ShardsWaiting { get; }

    /// <summary>The next unit to work on; null when all are done (see <see cref="IsComplete"/>), others have what is left, or nobody answers just now.</summary>
    /// <exception cref="JobStoppedException">The job was cancelled or has failed.</exception>
    Task<Lease?> TryLeaseAsync(string worker, CancellationToken cancellation);

    /// <summary>The work of a lease is done, by this worker or another.</summary>
    Task CompleteAsync(Lease lease, CancellationToken cancellation);

    /// <summary>The work of a lease will have to be done again.</summary>
    Task AbandonAsync(Lease lease, CancellationToken cancellation);

    /// <summary>Asks what is done.</summary>
    /// <exception cref="JobStoppedException">The job was cancelled or has failed.</exception>
    Task RefreshAsync(CancellationToken cancellation);

    /// <summary>Says that the work on all leases of this process goes on; called at a fraction of the leases' duration.</summary>
    Task RenewAsync(CancellationToken cancellation);
}
