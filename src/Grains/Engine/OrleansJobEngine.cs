using System.Collections.Concurrent;
using HeadScope.Grains.Contracts;
using HeadScope.Jobs;
using HeadScope.Jobs.Pool;

namespace HeadScope.Grains.Engine;

/// <summary>A cluster as an engine: has the devices of its silo worked with, where it has some, and knows what the others do.</summary>
/// <param name="model">Key of this silo's <see cref="IModelGrain"/>; null where this process computes nothing.</param>
public sealed class OrleansJobEngine(IGrainFactory grains, JobStore jobs, string? model, TimeProvider time) : IJobEngine
{
    /// <summary>How often to ask how the jobs go on.</summary>
    static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(2);

    static readonly TimeSpan DrainInterval = TimeSpan.FromSeconds(0.25);

    readonly ConcurrentDictionary<string, double?> _tokensPerSecond = new();
    readonly ConcurrentDictionary<string, int> _contexts = new();

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
                if (model is not null)
                    await Tries.SafelyAsync(() => grains.GetGrain<IModelGrain>(model).StartAsync()).ConfigureAwait(false);
                await Tries.SafelyAsync(() => LookAsync(stop.Token)).ConfigureAwait(false);
                await Task.Delay(LookInterval, time, stop.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
        }

        if (model is not null)
            await DrainAsync(grains.GetGrain<IModelGrain>(model), cancellation).ConfigureAwait(false);
    }

    async Task LookAsync(CancellationToken cancellation)
    {
        var active = await grains.GetGrain<IJobQueueGrain>(IJobQueueGrain.Key).InTurnAsync().ConfigureAwait(false);
        foreach (var (job, _, _, fault) in active)
        {
            if (fault is not null)
                continue;
            if (!_contexts.TryGetValue(job, out var context))
                _contexts[job] = context = (await jobs.ReadAsync(new JobFolder(job), cancellation).ConfigureAwait(false)).Spec.Tokens.Context;
            _tokensPerSecond[job] = (await grains.GetGrain<IJobGrain>(job).StatusAsync().ConfigureAwait(false)).RowsPerSecond * context;
        }

        foreach (var id in _tokensPerSecond.Keys.Except(active.Select(job => job.Job)))
            _tokensPerSecond.TryRemove(id, out _);
    }

    async Task DrainAsync(IModelGrain grain, CancellationToken cancellation)
    {
        while (!await grain.DrainAsync(cancellation.IsCancellationRequested).ConfigureAwait(false))
            await Task.Delay(DrainInterval, time, CancellationToken.None).ConfigureAwait(false);
        cancellation.ThrowIfCancellationRequested();
    }
}
