using System.Diagnostics;
using HeadScope.Jobs.Leasing;
using HeadScope.Jobs.Observation;
using HeadScope.Jobs.Records;
using HeadScope.Jobs.Store;
using HeadScope.Jobs.Work;
using HeadScope.ModelCore.Compute;
using HeadScope.ModelCore.Model;

namespace HeadScope.Jobs.Pool;

/// <summary>A worker of a pool: turns to the job whose turn it is, does one unit, and turns again.</summary>
internal sealed class PoolWorker(
    string name, JobPool pool, ResidentModels models, Workplace place, int threads, TimeProvider time) : IDisposable
{
    /// <summary>How long to wait where there is nothing to do, and how long to leave a job alone that had nothing.</summary>
    static readonly TimeSpan IdleInterval = TimeSpan.FromSeconds(0.5);

    /// <summary>How long to leave a job alone whose store failed, or whose model could not be loaded.</summary>
    static readonly TimeSpan FaultInterval = TimeSpan.FromSeconds(5);

    readonly DeviceThread _thread = place.AddWorker(name);
    (PooledJob Job, Transformer Model, JobWorker Worker)? _last; // its buffers serve the next unit of the same job
    (Precision Precision, IBackend Backend) _backend = (Precision.Float32, place.Device.Open(threads, Precision.Float32));

    /// <param name="drain">Ends the work after the unit that is in work.</param>
    /// <param name="cancellation">Ends it at once.</param>
    public async Task RunAsync(CancellationToken drain, CancellationToken cancellation)
    {
        using var working = WorkerInstruments.Working(_backend.Backend.Description, () => place.Device.Memory.Used);
        try
        {
            while (!drain.IsCancellationRequested)
            {
                if (!await TurnAsync(drain, cancellation).ConfigureAwait(false))
                    await Task.Delay(IdleInterval, time, drain).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (drain.IsCancellationRequested && !cancellation.IsCancellationRequested)
        {
            // Drained.
        }
    }

    public void Dispose() => _backend.Backend.Dispose();

    IBackend BackendFor(Precision precision)
    {
        if (_backend.Precision != precision)
        {
            var other = place.Device.Open(threads, precision);
            _backend.Backend.Dispose();
            _backend = (precision, other);
        }

        return _backend.Backend;
    }

    /// <summary>Does one thing for the first job that has something to do. False where none had.</summary>
    async Task<bool> TurnAsync(CancellationToken drain, CancellationToken cancellation)
    {
        foreach (var job in pool.InTurn())
        {
            if (!place.Device.Supports(job.Session.Spec.Precision) || !job.TryEnter())
                continue;
            Activity.Current = job.Session.Span;
            try
            {
                if (await WorkAsync(job, drain, cancellation).ConfigureAwait(false))
                    return true;
                job.LeaveAlone(IdleInterval);
            }
            catch (JobStoppedException e)
            {
                await pool.CloseAsync(job.Session.Folder, e).ConfigureAwait(false);
            }
            catch (StoreException e)
            {
                job.LeaveAlone(FaultInterval);
                pool.Tell(job.Session.Folder, e);
            }
            catch (UnreadableBlobException e)
            {
                await pool.SetApartAsync(job.Session.Folder, e).ConfigureAwait(false);
            }
            catch (Exception e)
            {
                cancellation.ThrowIfCancellationRequested(); // what goes wrong then comes of that
                await pool.FailAsync(job.Session.Folder, e).ConfigureAwait(false);
            }
            finally
            {
                await job.ExitAsync().ConfigureAwait(false);
            }
        }

        _last = null; // nothing to do: no need to hold buffers
        return false;
    }

    async Task<bool> WorkAsync(PooledJob job, CancellationToken drain, CancellationToken cancellation)
    {
        var leases = job.Session.Leases;
        if (!leases.IsComplete)
        {
            // Not cancelled halfway, which could leave a claim behind that nobody gives back.
            if (await leases.TryLeaseAsync(name, CancellationToken.None).ConfigureAwait(false) is { } lease)
            {
                if (drain.IsCancellationRequested)
                    await leases.AbandonAsync(lease, CancellationToken.None).ConfigureAwait(false);
                else
                    await WorkAsync(job, lease, cancellation).ConfigureAwait(false);
                return true;
            }

            if (!leases.IsComplete)
                return false;
        }

        if (!job.TryStartReducing())
            return false;
        try
        {
            if (!await pool.Work.TryReduceAsync(job.Session, cancellation).ConfigureAwait(false))
                return false;
        }
        finally
        {
            job.StopReducing();
        }

        await pool.CloseAsync(job.Session.Folder, null).ConfigureAwait(false);
        return true;
    }

    async Task WorkAsync(PooledJob job, Lease lease, CancellationToken cancellation)
    {
        ResidentModels.Use? use = null;
        try
        {
            JobWorker worker;
            try
            {
                use = models.Acquire(job.Session, place);
                worker = WorkerOf(job, use.Model);
            }
            catch (Exception e)
            {
                await job.Session.Leases.AbandonAsync(lease, CancellationToken.None).ConfigureAwait(false);
                if (e is InvalidDataException)
                    throw;

                // Others may have more memory, or a disk that reads: let them try first.
                await job.Session.RecordFailureAsync(lease, e, cancellation).ConfigureAwait(false);
                pool.Tell(job.Session.Folder, e);
                job.LeaveAlone(FaultInterval);
                return;
            }

            await worker.WorkAsync(lease, cancellation).ConfigureAwait(false);
        }
        finally
        {
            use?.Dispose();
        }
    }

    JobWorker WorkerOf(PooledJob job, Transformer model)
    {
        if (_last is not { } last || last.Job != job || last.Model != model)
            _last = last = (job, model, job.Session.CreateWorker(name, model, BackendFor(job.Session.Spec.Precision), _thread));
        return last.Worker;
    }
}
