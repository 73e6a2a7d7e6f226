using HeadScope.Jobs.Records;
using HeadScope.Jobs.Specs;
using HeadScope.Jobs.Store;

namespace HeadScope.Jobs.Leasing;

/// <summary>
/// The units that workers of this process may work on. Each is claimed in the job's store, so that any number of processes share a job,
/// whether or not they know of one another; a dispatcher says which to try for. A unit that two workers do all the same is committed once.
/// </summary>
public sealed class UnitLeases(IBlobStore store, JobFolder folder, JobUnits units, BlobClaims claims, IUnitDispatcher dispatcher)
{
    /// <summary>All units: the shards, and the columns of the weights where they are wanted.</summary>
    public int Units => units.Count;

    /// <summary>Whether all units were done when this process last heard.</summary>
    public bool IsComplete => dispatcher.Progress.IsComplete;

    /// <summary>Rows of the shards that were done when this process last heard.</summary>
    public int RowsDone => dispatcher.Progress.RowsDone;

    /// <summary>
    /// Shards that are neither done nor in work, as far as this process knows. The columns of the weights count as a shard.
    /// </summary>
    public int ShardsWaiting =>
        dispatcher.Progress is var progress ? Math.Clamp(progress.Units - progress.Done - progress.Assigned, 0, units.Plan.Shards) : 0;

    /// <summary>
    /// The next unit to work on; null when all are done (see <see cref="IsComplete"/>), others have what is left, or nobody answers just
    /// now.
    /// </summary>
    /// <exception cref="JobStoppedException">The job was cancelled or deleted, or has failed.</exception>
    public async Task<Lease?> TryLeaseAsync(string worker, CancellationToken cancellation)
    {
        while (await dispatcher.NextAsync(worker, cancellation).ConfigureAwait(false) is { } assignment)
        {
            try
            {
                if (await claims.TryClaimAsync(assignment.Unit, worker, cancellation).ConfigureAwait(false) is not { } claim)
                {
                    await dispatcher.RefuseAsync(assignment, CancellationToken.None).ConfigureAwait(false);
                    continue;
                }

                var lease = new Lease(assignment, claim, units.RangeOf(assignment.Unit));
                if (!await store.ExistsAsync(units.ResultOf(assignment.Unit, folder), cancellation).ConfigureAwait(false))
                    return lease;

                // Its last holder committed, and gave the claim back, since the dispatcher last looked.
                await CompleteAsync(lease, cancellation).ConfigureAwait(false);
            }
            catch (Exception e)
            {
                await dispatcher.AbandonAsync(assignment, CancellationToken.None).ConfigureAwait(false);

                // Where the job was deleted, the claim that was being written went with its folder.
                if (e is StoreException)
                    await JobUnits.ThrowIfStoppedAsync(store, folder, cancellation).ConfigureAwait(false);
                throw;
            }
        }

        return null;
    }

    /// <summary>The work of a lease is done, by this worker or another.</summary>
    public Task CompleteAsync(Lease lease, CancellationToken cancellation) => EndAsync(lease, dispatcher.CompleteAsync, cancellation);

    /// <summary>The work of a lease will have to be done again.</summary>
    public Task AbandonAsync(Lease lease, CancellationToken cancellation) => EndAsync(lease, dispatcher.AbandonAsync, cancellation);

    /// <summary>Asks what is done.</summary>
    /// <exception cref="JobStoppedException">The job was cancelled or has failed.</exception>
    public Task RefreshAsync(CancellationToken cancellation) => dispatcher.RefreshAsync(cancellation);

    /// <summary>Says that the work on all leases of this process goes on; called at a fraction of the leases' duration.</summary>
    public async Task RenewAsync(CancellationToken cancellation)
    {
        try
        {
            await claims.RenewAsync(cancellation).ConfigureAwait(false);
        }
        finally
        {
            await dispatcher.RenewAsync(cancellation).ConfigureAwait(false);
        }
    }

    async Task EndAsync(Lease lease, Func<Assignment, CancellationToken, Task> end, CancellationToken cancellation)
    {
        try
        {
            await claims.ReleaseAsync(lease.Claim, cancellation).ConfigureAwait(false);
        }
        finally
        {
            await end(lease.Assignment, cancellation).ConfigureAwait(false);
        }
    }
}

/// <summary>A unit of work and the claim to it.</summary>
/// <param name="Shard">Null for the columns of the weights.</param>
public sealed record Lease(Assignment Assignment, Claim Claim, ShardRange? Shard);
