using System.Diagnostics;
using HeadScope.Jobs.Claims;
using HeadScope.Jobs.Reduction;
using HeadScope.Jobs.Specs;
using HeadScope.Jobs.Store;
using HeadScope.Jobs.Telemetry;
using HeadScope.ModelCore.Compute;
using HeadScope.ModelCore.Model;
using HeadScope.ModelCore.Scoring;

namespace HeadScope.Jobs.Work;

/// <summary>One job as this process works on it: its inputs, its leases, which are renewed. Shared by the process's workers.</summary>
public sealed class JobSession : IAsyncDisposable
{
    const string ReduceUnit = "reduce";

    readonly JobStore _jobs;
    readonly EngineOptions _options;
    readonly TimeProvider _time;
    readonly JobInputs _inputs;
    readonly BlobClaims _claims;
    readonly int[][] _inductionTokens;
    readonly MeteredJob _observer;
    readonly CancellationTokenSource _stop = new();
    readonly Task _renewal;

    JobSession(
        JobStore jobs, JobFolder folder, JobSpec spec, JobPlan plan, JobInputs inputs, int[][] inductionTokens, EngineOptions options, IJobObserver observer,
        Func<JobUnits, IUnitDispatcher?>? dispatcher, TimeProvider time)
    {
        (_jobs, Folder, Spec, Plan, _inputs, _inductionTokens, _options, _time) = (jobs, folder, spec, plan, inputs, inductionTokens, options, time);
        _claims = new BlobClaims(jobs.Blobs, folder, time, options.LeaseDuration, member: options.Member);
        var units = new JobUnits(plan, spec.Induction is not null);
        Leases = new UnitLeases(
            jobs.Blobs, folder, units, _claims,
            dispatcher?.Invoke(units) ?? new UnitDispatcher(jobs.Blobs, folder, units, _claims, time, Timeout.InfiniteTimeSpan));
        Span = JobSpans.Job(spec, plan);
        _observer = new MeteredJob(spec, plan, observer);
        _observer.Follow(Leases);
        _renewal = RenewAsync();
    }

    public JobFolder Folder { get; }

    public JobSpec Spec { get; }

    public JobPlan Plan { get; }

    public UnitLeases Leases { get; }

    /// <summary>The trace of this process's work on the job; what is done for it belongs under this.</summary>
    internal Activity? Span { get; }

    /// <param name="dispatcher">Tells workers which unit to try next; null where this process does so for itself.</param>
    /// <exception cref="InvalidDataException">The job's blobs or inputs are not what they were.</exception>
    public static async Task<JobSession> OpenAsync(
        JobStore jobs, JobFolder folder, EngineOptions options, IJobObserver observer, TimeProvider time, CancellationToken cancellation,
        Func<JobUnits, IUnitDispatcher?>? dispatcher = null)
    {
        var (spec, plan) = await jobs.ReadAsync(folder, cancellation).ConfigureAwait(false);
        var inductionTokens = spec.Induction is null ? [] : await jobs.ReadInductionTokensAsync(folder, cancellation).ConfigureAwait(false);
        var inputs = await JobInputs.OpenAsync(spec, options.Models, options.VerifyInputs, cancellation).ConfigureAwait(false);
        return new JobSession(jobs, folder, spec, plan, inputs, inductionTokens, options, observer, dispatcher, time);
    }

    /// <summary>Loads the model. It belongs to the caller.</summary>
    public Transformer LoadModel(IBackend loader)
    {
        using var span = JobSpans.Load(Spec);
        var started = _time.GetTimestamp();
        var model = Transformer.Load(_inputs.Weights, loader);
        WorkerInstruments.ModelLoaded(_time.GetElapsedTime(started));
        return model;
    }

    /// <summary>A worker of this job.</summary>
    /// <param name="backend">The worker's own, on the device of the model.</param>
    /// <param name="thread">Where it computes.</param>
    public JobWorker CreateWorker(string name, Transformer model, IBackend backend, DeviceThread thread) => new(
        name, Folder, Spec, Plan, model.Config.HeadCount, _jobs.Blobs, Leases,
        new ModelShardScorer(new HeadScorer(model, backend), backend, _inputs.Tokens, _options.BatchSize),
        () => WeightsColumns.Compute(_inputs.Weights, model, backend, _inductionTokens), _observer, _time, thread);

    /// <summary>Reduces the job, all of whose units are done, unless somebody else is at it. Null then: look again later.</summary>
    public async Task<Manifest?> TryReduceAsync(CancellationToken cancellation)
    {
        _observer.Reducing();
        var manifest = await ReduceAsync(cancellation).ConfigureAwait(false);
        if (manifest is not null)
            _observer.Done();
        return manifest;
    }

    /// <summary>The work on the job ends here without its results.</summary>
    public void Left(Exception cause)
    {
        Span.Fail(cause);
        _observer.Left(cause);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _renewal.ConfigureAwait(false);
        _stop.Dispose();
        _inputs.Dispose();
        _observer.Dispose();
        Span?.Dispose();
    }

    async Task<Manifest?> ReduceAsync(CancellationToken cancellation)
    {
        if (await _jobs.ManifestAsync(Folder, cancellation).ConfigureAwait(false) is { } manifest)
        {
            await Intermediates.DropLeftAsync(_jobs.Blobs, Folder, cancellation).ConfigureAwait(false);
            return manifest;
        }

        if (await _claims.TryClaimAsync(ReduceUnit, ProcessIdentity.Current.Host, cancellation).ConfigureAwait(false) is not { } claim)
            return null;
        try
        {
            // It may have been done between the look and the claim.
            if (await _jobs.ManifestAsync(Folder, cancellation).ConfigureAwait(false) is { } done)
                return done;
            using var span = JobSpans.Reduce();
            var started = _time.GetTimestamp();
            var result = await new JobReducer(_jobs.Blobs, Folder, Spec, Plan, _inputs.Weights.Config, _inputs.Tokens, _options.Threads).ReduceAsync(cancellation).ConfigureAwait(false);
            JobInstruments.Reduced(_time.GetElapsedTime(started));
            return result;
        }
        catch (Exception e) when (e is StoreException or InvalidDataException)
        {
            // Held up for longer than the lease, it reads what another, who has finished meanwhile, has dropped.
            if (await _jobs.ManifestAsync(Folder, cancellation).ConfigureAwait(false) is { } theirs)
                return theirs;
            throw;
        }
        finally
        {
            await _claims.ReleaseAsync(claim, CancellationToken.None).ConfigureAwait(false);
        }
    }

    async Task RenewAsync()
    {
        using var timer = new PeriodicTimer(_claims.RenewalInterval, _time);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token).ConfigureAwait(false))
            {
                try
                {
                    await Leases.RenewAsync(_stop.Token).ConfigureAwait(false);
                }
                catch (IOException)
                {
                    // A store that fails will stop the workers; until then the next tick tries again.
                }
            }
        }
        catch (OperationCanceledException)
        {
        }
    }
}
