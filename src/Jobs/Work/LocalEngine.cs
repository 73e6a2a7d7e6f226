using HeadScope.Jobs.Claims;
using HeadScope.Jobs.Reduction;
using HeadScope.Jobs.Specs;
using HeadScope.ModelCore.Compute.Managed;
using HeadScope.ModelCore.Hub;
using HeadScope.ModelCore.Model;
using HeadScope.ModelCore.Scoring;
using HeadScope.ModelCore.Tokens;
using HeadScope.ModelCore.Weights;

namespace HeadScope.Jobs.Work;

/// <summary>How a process works on jobs. None of it changes a result.</summary>
public sealed record EngineOptions
{
    public const int DefaultBatchSize = 8;

    /// <summary>Shards scored at a time, at least 1. The default value is the number of processors.</summary>
    public int Workers { get; init; } = Environment.ProcessorCount;

    /// <summary>Sequences scored together, at least 1. The default value is 8.</summary>
    public int BatchSize { get; init; } = DefaultBatchSize;

    /// <summary>Threads in all. The default value is the number of processors.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>How long a worker may be silent before its claims lapse. The default value is 60 s.</summary>
    public TimeSpan LeaseDuration { get; init; } = BlobClaims.DefaultDuration;

    /// <summary>How models from the hub are found on this machine. The default follows the environment.</summary>
    public ModelLocator Models { get; init; } = new(HubOptions.FromEnvironment(), TimeProvider.System);

    /// <summary>Whether to check that model and tokens are those of the spec, by their hashes.</summary>
    public bool VerifyInputs { get; init; } = true;
}

/// <summary>
/// Workers in this process, on the managed backend. Any number of such engines, on any machines, may work on one job in one store.
/// </summary>
public sealed class LocalEngine(JobStore jobs, EngineOptions options, TimeProvider time)
{
    const string ReduceUnit = "reduce";

    static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(0.5);

    /// <summary>Works on a job until it is done, and returns its manifest.</summary>
    /// <exception cref="JobStoppedException">The job failed or was cancelled.</exception>
    /// <exception cref="InvalidDataException">The job's blobs or inputs are not what they were.</exception>
    public async Task<Manifest> RunAsync(JobFolder folder, IJobObserver observer, CancellationToken cancellation)
    {
        var (spec, plan) = await jobs.ReadAsync(folder, cancellation).ConfigureAwait(false);
        using var weights = await OpenModelAsync(spec, cancellation).ConfigureAwait(false);
        using var tokens = OpenTokens(spec, weights.Config);
        var claims = new BlobClaims(jobs.Blobs, folder, time, options.LeaseDuration);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var renewal = RenewAsync(claims, stop.Token);
        try
        {
            var ledger = new ShardLedger(jobs.Blobs, folder, plan, claims, spec.Induction is not null, time);
            await ledger.RefreshAsync(cancellation).ConfigureAwait(false);
            await ScoreAsync(folder, spec, plan, weights, tokens, ledger, observer, stop).ConfigureAwait(false);
            observer.Reducing();
            return await ReduceAsync(folder, spec, plan, weights.Config, tokens, claims, cancellation).ConfigureAwait(false);
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await renewal.ConfigureAwait(false);
        }
    }

    async Task ScoreAsync(
        JobFolder folder, JobSpec spec, JobPlan plan, ModelWeights weights, TokenDataset tokens, ShardLedger ledger, IJobObserver observer, CancellationTokenSource stop)
    {
        if (ledger.IsComplete)
            return; // nothing to load the model for
        var inductionTokens = spec.Induction is null ? [] : await jobs.ReadInductionTokensAsync(folder, stop.Token).ConfigureAwait(false);
        using var loader = new ManagedBackend(options.Threads);
        using var model = Transformer.Load(weights, loader);
        var workers = Math.Min(options.Workers, ledger.Units);
        var threads = Math.Max(1, options.Threads / workers);
        var running = Enumerable.Range(0, workers).Select(i => Task.Run(async () =>
        {
            var backend = new ManagedBackend(threads);
            using var scorer = new ModelShardScorer(new HeadScorer(model, backend), backend, tokens, options.BatchSize);
            var name = $"{ProcessIdentity.Current.Host}/{ProcessIdentity.Current.ProcessId}/{i}";
            var worker = new JobWorker(
                name, folder, spec, plan, weights.Config.HeadCount, jobs.Blobs, ledger, scorer,
                () => WeightsColumns.Compute(weights, model, backend, inductionTokens), observer, time);
            try
            {
                await worker.RunAsync(stop.Token).ConfigureAwait(false);
            }
            catch
            {
                await stop.CancelAsync().ConfigureAwait(false); // one worker's fault ends the others' work too
                throw;
            }
        })).ToArray();
        try
        {
            await Task.WhenAll(running).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The fault that made the others stop says more than their stopping.
            if (running.Select(task => task.Exception?.InnerException).FirstOrDefault(e => e is not null) is { } cause)
                System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(cause);
            throw;
        }
    }

    /// <summary>Reduces, or waits until whoever does has done it.</summary>
    async Task<Manifest> ReduceAsync(
        JobFolder folder, JobSpec spec, JobPlan plan, ModelConfig config, TokenDataset tokens, BlobClaims claims, CancellationToken cancellation)
    {
        while (true)
        {
            if (await jobs.ManifestAsync(folder, cancellation).ConfigureAwait(false) is { } manifest)
                return manifest;
            if (await claims.TryClaimAsync(ReduceUnit, ProcessIdentity.Current.Host, cancellation).ConfigureAwait(false) is { } claim)
            {
                try
                {
                    // It may have been done between the look and the claim.
                    return await jobs.ManifestAsync(folder, cancellation).ConfigureAwait(false)
                        ?? await new JobReducer(jobs.Blobs, folder, spec, plan, config, tokens, options.Threads).ReduceAsync(cancellation).ConfigureAwait(false);
                }
                finally
                {
                    await claims.ReleaseAsync(claim, CancellationToken.None).ConfigureAwait(false);
                }
            }

            await Task.Delay(PollInterval, time, cancellation).ConfigureAwait(false);
        }
    }

    async Task RenewAsync(BlobClaims claims, CancellationToken cancellation)
    {
        using var timer = new PeriodicTimer(claims.RenewalInterval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(cancellation).ConfigureAwait(false))
            {
                try
                {
                    await claims.RenewAsync(cancellation).ConfigureAwait(false);
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

    async Task<ModelWeights> OpenModelAsync(JobSpec spec, CancellationToken cancellation)
    {
        var processing = spec.Model.Processing;
        var folder = await options.Models.FolderOfAsync(spec.Model, cancellation).ConfigureAwait(false);
        var weights = ModelWeights.Open(folder, new WeightProcessing(
            processing.Contains("fold_ln"), processing.Contains("center_writing_weights"), processing.Contains("center_unembed"), processing.Contains("fold_value_biases")));
        if (options.VerifyInputs && ModelWeights.Hash(folder) != spec.Model.Hash)
        {
            weights.Dispose();
            throw new InvalidDataException($"{folder}: this is not the model that job {spec.Id} was made for: its files have changed. Restore them, or start a new job.");
        }

        return weights;
    }

    TokenDataset OpenTokens(JobSpec spec, ModelConfig config)
    {
        var tokens = TokenDataset.Open(spec.Tokens.Location);
        if (tokens.Rows < spec.Tokens.Rows || tokens.Context != spec.Tokens.Context
            || (options.VerifyInputs && tokens.Hash(spec.Tokens.Rows, config.DVocab) != spec.Tokens.Hash))
        {
            tokens.Dispose();
            throw new InvalidDataException($"{spec.Tokens.Location}: these are not the tokens that job {spec.Id} was made for: the file has changed. Restore it, or start a new job.");
        }

        return tokens;
    }
}
