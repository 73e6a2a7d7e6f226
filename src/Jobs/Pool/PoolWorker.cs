using System.Diagnostics;
using HeadScope.Jobs.Store;
using HeadScope.Jobs.Telemetry;
using HeadScope.Jobs.Work;
using HeadScope.ModelCore.Compute;
using HeadScope.ModelCore.Model;

namespace HeadScope.Jobs.Pool;

/// <summary>A worker of a pool: turns to the job whose turn it is, does one unit, and turns again.</summary>
internal sealed class PoolWorker(string name, JobPool pool, ResidentModels models, Workplace place, int threads, TimeProvider time) : IDisposable
{
    /// <summary>How long to wait where there is nothing to do, and how long to leave a job alone that had nothing.</summary>
    static readonly TimeSpan IdleInterval = TimeSpan.FromSeconds(0.5);

    /// <summary>How long to leave a store alone that failed.</summary>
    static readonly TimeSpan StoreInterval = TimeSpan.FromSeconds(5);

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
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            // Drained.
        }
    }

    public void Dispose() => _backend.Backend.Dispose();

    IBackend BackendFor(Precision precision)
    {
        if (_backend.Precision != precision)
        {
            _backend.Backend.Dispose();
            _backend = (precision, place.Device.Open(threads, precision));
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
                job.LeaveAlone(StoreInterval);
                pool.Tell(job.Session.Folder, e);
            }
            catch (UnreadableBlobException e)
            {
                await pool.SetApartAsync(job.Session.Folder, e).ConfigureAwait(false);
            }
            catch (InvalidDataException e)
            {
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
        ResidentModels.Use use;
        try
        {
            use = models.Acquire(job.Session, place);
        }
        catch
        {
            await job.Session.Leases.AbandonAsync(lease, CancellationToken.None).ConfigureAwait(false);
            throw;
        }

        using (use)
        {
            if (_last is not { } last || last.Job != job || last.Model != use.Model)
                _last = last = (job, use.Model, job.Session.CreateWorker(name, use.Model, BackendFor(job.Session.Spec.Precision), _thread));
            await last.Worker.WorkAsync(lease, cancellation).ConfigureAwait(false);
        }
    }
}
