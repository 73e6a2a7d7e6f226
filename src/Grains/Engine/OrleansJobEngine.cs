using System.Collections.Concurrent;
using HeadScope.Grains.Contracts;
using HeadScope.Jobs;
using HeadScope.Jobs.Pool;
using HeadScope.Jobs.Records;
using HeadScope.Jobs.Store;

namespace HeadScope.Grains.Engine;

/// <summary>A cluster as an engine: has the devices of its silo worked with, where it has some, and knows what the others do.</summary>
/// <param name="model">Key of this silo's <see cref="IModelGrain"/>; null where this process computes nothing.</param>
public sealed class OrleansJobEngine(IGrainFactory grains, JobStore jobs, string? model, TimeProvider time) : IJobEngine
{
    /// <summary>How often to ask how the jobs go on.</summary>
    static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(2);

    static readonly TimeSpan DrainInterval = TimeSpan.FromSeconds(0.25);

    readonly ConcurrentDictionary<string, double?> _tokensPerSecond = new();
    readonly ConcurrentDictionary<string, int?> _contexts = new();
    volatile bool _isDrained;

    public bool IsDrained => _isDrained;

    public double? TokensPerSecond(JobFolder folder) => _tokensPerSecond.GetValueOrDefault(folder.Id);

    public void Wake(JobFolder folder)
    {
        _ = Tries.SafelyAsync(() => grains.GetGrain<IJobGrain>(folder.Id).ChangedAsync());
        _ = Tries.SafelyAsync(async () =>
        {
            await grains.GetGrain<IJobQueueGrain>(IJobQueueGrain.Key).ChangedAsync(folder.Id).ConfigureAwait(false);
            if (model is not null)
                await grains.GetGrain<IModelGrain>(model).WakeAsync().ConfigureAwait(false); // the other silos look within seconds
        });
    }

    public async Task RunAsync(CancellationToken drain, CancellationToken cancellation)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(drain, cancellation);
        try
        {
            while (true)
            {
                // Again and again: whatever became of the grain, it works while this engine runs.
                if (model is not null && await Tries.OrNullAsync(
                    () => grains.GetGrain<IModelGrain>(model).StartAsync()).ConfigureAwait(false) is { } started)
                {
                    if (started.Fault is { } fault)
                        throw new InvalidOperationException($"The workers have stopped: {fault}");
                    _isDrained = started.IsDrained;
                }

                await Tries.SafelyAsync(() => LookAsync(stop.Token)).ConfigureAwait(false);
                await Task.Delay(LookInterval, time, stop.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
        }

        if (model is not null)
            await DrainAsync(grains.GetGrain<IModelGrain>(model), cancellation).ConfigureAwait(false);
    }

    async Task LookAsync(CancellationToken cancellation)
    {
        var active = await grains.GetGrain<IJobQueueGrain>(IJobQueueGrain.Key).InTurnAsync().ConfigureAwait(false);
        foreach (var job in active.Where(job => job.Fault is null))
            await LookAtAsync(job.Job, cancellation).ConfigureAwait(false);
        foreach (var id in _contexts.Keys.Except(active.Select(job => job.Job)))
        {
            _contexts.TryRemove(id, out _);
            _tokensPerSecond.TryRemove(id, out _);
        }
    }

    /// <summary>Tokens of a row; null where the job cannot be read, which is not tried again while it is active.</summary>
    async Task<int?> ContextAsync(string job, CancellationToken cancellation)
    {
        if (_contexts.TryGetValue(job, out var known))
            return known;
        try
        {
            return _contexts[job] = (await jobs.ReadAsync(new JobFolder(job), cancellation).ConfigureAwait(false)).Spec.Tokens.Context;
        }
        catch (UnreadableBlobException)
        {
            return _contexts[job] = null;
        }
    }

    async Task LookAtAsync(string job, CancellationToken cancellation)
    {
        try
        {
            if (await ContextAsync(job, cancellation).ConfigureAwait(false) is { } context)
                _tokensPerSecond[job] = (await grains.GetGrain<IJobGrain>(job).StatusAsync().ConfigureAwait(false)).RowsPerSecond * context;
        }
        catch (Exception) when (!cancellation.IsCancellationRequested)
        {
            // Whoever works on it finds out what is wrong with it; here it has no rate.
            _tokensPerSecond.TryRemove(job, out _);
        }
    }

    async Task DrainAsync(IModelGrain grain, CancellationToken cancellation)
    {
        while (true)
        {
            var abort = cancellation.IsCancellationRequested;
            bool? drained = null; // unless it answers
            await Tries.SafelyAsync(async () => drained = await grain.DrainAsync(abort).ConfigureAwait(false)).ConfigureAwait(false);
            if (drained ?? abort)
                break;
            await Task.Delay(DrainInterval, time, CancellationToken.None).ConfigureAwait(false);
        }

        cancellation.ThrowIfCancellationRequested();
    }
}
