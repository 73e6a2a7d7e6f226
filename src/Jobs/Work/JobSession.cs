using System.Diagnostics;
using HeadScope.Jobs.Leasing;
using HeadScope.Jobs.Observation;
using HeadScope.Jobs.Records;
using HeadScope.Jobs.Reduction;
using HeadScope.Jobs.Shards;
using HeadScope.Jobs.Specs;
using HeadScope.Jobs.Store;
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
    readonly JobPresence _presence;
    readonly JobInputs _inputs;
    readonly BlobClaims _claims;
    readonly int[][] _inductionTokens;
    readonly MeteredJob _observer;
    readonly JobFailures _failures;
    readonly CancellationTokenSource _stop = new();
    readonly Lock _meansGate = new();
    readonly Task _renewal;
    MeanActivations? _means;

    JobSession(
        JobStore jobs, JobFolder folder, JobPresence presence, JobSpec spec, JobPlan plan, JobInputs inputs, int[][] inductionTokens,
        EngineOptions options, IJobObserver observer,
        Func<JobUnits, IUnitDispatcher?>? dispatcher, TimeProvider time)
    {
        (_jobs, Folder, _presence, Spec, Plan, _inputs, _inductionTokens, _options, _time) = (jobs, folder, presence, spec, plan, inputs, inductionTokens, options, time);
        _claims = new BlobClaims(jobs.Blobs, folder, time, options.LeaseDuration, member: options.Member);
        _failures = new JobFailures(jobs.Blobs, folder, presence, time);
        var units = new JobUnits(plan, spec.Induction is not null);
        Leases = new UnitLeases(
            jobs.Blobs, folder, units, _claims,
            dispatcher?.Invoke(units) ?? new UnitDispatcher(jobs.Blobs, folder, units, _claims, time, Timeout.InfiniteTimeSpan, presence: presence));
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
    /// <exception cref="UnreadableBlobException">A blob of the job is not what it should be.</exception>
    /// <exception cref="InvalidDataException">The job's inputs are not what they were.</exception>
    public static async Task<JobSession> OpenAsync(
        JobStore jobs, JobFolder folder, EngineOptions options, IJobObserver observer, TimeProvider time, CancellationToken cancellation,
        Func<JobUnits, IUnitDispatcher?>? dispatcher = null)
    {
        var presence = await JobPresence.NoteAsync(jobs.Blobs, folder, cancellation).ConfigureAwait(false);
        var (spec, plan) = await jobs.ReadAsync(folder, cancellation).ConfigureAwait(false);
        var inductionTokens = spec.Induction is null ? [] : await jobs.ReadInductionTokensAsync(folder, spec.Induction, cancellation)
            .ConfigureAwait(false);
        var inputs = await JobInputs.OpenAsync(spec, options, cancellation).ConfigureAwait(false);
        try
        {
            return new JobSession(jobs, folder, presence, spec, plan, inputs, inductionTokens, options, observer, dispatcher, time);
        }
        catch
        {
            inputs.Dispose();
            throw;
        }
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
        name, Folder, Spec, Plan, model.Config.HeadCount, _jobs.Blobs, _presence, Leases,
        new VerifiedScorer(
            new ModelShardScorer(
                new HeadScorer(model, backend, Spec.Scores.Selection, () => Means(model, backend)), backend, _inputs.Tokens.Rows,
                _options.BatchSize, Spec.Ablation),
            _inputs.Tokens),
        () => WeightsColumns.Compute(_inputs.Weights, model, backend, _inductionTokens), _observer, _time, thread);

    /// <summary>A worker could not start on a unit that it had leased: another may be able to.</summary>
    /// <exception cref="JobStoppedException">The unit failed too often, and the job with it.</exception>
    public async Task RecordFailureAsync(Lease lease, Exception cause, CancellationToken cancellation)
    {
        _observer.ShardFailed(lease.Claim.Unit, cause);
        await _failures.RecordAsync(lease.Claim.Unit, cause, cancellation).ConfigureAwait(false);
        _observer.Retrying(lease.Claim.Unit, cause);
    }

    /// <summary>Reduces the job, all of whose units are done, unless somebody else is at it. Null then: look again later.</summary>
    /// <exception cref="JobStoppedException">The reduction failed, and the job with it.</exception>
    /// <exception cref="StoreException">The store failed; the job can be resumed.</exception>
    public async Task<Manifest?> TryReduceAsync(CancellationToken cancellation)
    {
        _observer.Reducing();
        Manifest? manifest;
        try
        {
            manifest = await ReduceAsync(cancellation).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not (StoreException or UnreadableBlobException) && !cancellation.IsCancellationRequested)
        {
            // It is made of what is stored: tried again, it would fail again.
            throw await _failures.FailAsync(ReduceUnit, 1, "The reduction failed: ", e, cancellation).ConfigureAwait(false);
        }

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
        await SweepAsync().ConfigureAwait(false);
        _stop.Dispose();
        _inputs.Dispose();
        _observer.Dispose();
        Span?.Dispose();
    }

    /// <summary>Mean activations, computed by whichever worker needs them first, on its device.</summary>
    MeanActivations Means(Transformer model, IBackend backend)
    {
        lock (_meansGate)
        {
            if (_means is not null)
                return _means;
            var means = new MeanActivations(model.Config.NLayers, model.Config.NHeads * model.Config.DHead);
            var tokens = new int[Spec.Tokens.Context];
            _inputs.Tokens.Use(() =>
            {
                foreach (var row in Spec.Ablation!.MeanRows())
                {
                    _inputs.Tokens.Rows.Read(row, tokens);
                    means.Add(model, backend, tokens, new BatchShape(1, tokens.Length));
                }
            });

            return _means = means;
        }
    }

    /// <summary>Deletes what this process wrote into a job while it was being deleted. Nothing of it writes any more.</summary>
    async Task SweepAsync()
    {
        try
        {
            if (await _presence.IsGoneAsync(CancellationToken.None).ConfigureAwait(false))
                await new DeletedJobs(_jobs.Blobs).SweepAsync(Folder, CancellationToken.None).ConfigureAwait(false);
        }
        catch (IOException)
        {
            // Pools sweep too, later.
        }
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
            var result = await new JobReducer(_jobs.Blobs, Folder, _presence, Spec, Plan, _inputs.Weights.Config, _inputs.Tokens, _options.Threads).ReduceAsync(cancellation).ConfigureAwait(false);
            JobInstruments.Reduced(_time.GetElapsedTime(started));
            return result;
        }
        catch (Exception e) when (!cancellation.IsCancellationRequested)
        {
            // Asked first: the manifest of a job that is gone is this process's own, written too late.
            if (await _presence.IsGoneAsync(cancellation).ConfigureAwait(false))
                throw JobPresence.Deleted(Folder, e);

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
                    if (await _presence.IsGoneAsync(_stop.Token).ConfigureAwait(false))
                        continue; // a claim would be written into what was deleted
                    await Leases.RenewAsync(_stop.Token).ConfigureAwait(false);
                }
                catch (Exception) when (!_stop.IsCancellationRequested)
                {
                    // The next tick tries again. What is not renewed lapses, and others do it.
                }
            }
        }
        catch (Exception) when (_stop.IsCancellationRequested)
        {
        }
    }
}
