using HeadScope.Grains.Contracts;
using HeadScope.Grains.Engine;
using HeadScope.Grains.Placement;
using HeadScope.Jobs;
using HeadScope.Jobs.Records;
using HeadScope.Jobs.Status;

namespace HeadScope.Grains;

/// <summary>
/// A job's <see cref="LivePreview"/>, and its reduction, on a silo that has the job's inputs at hand. It goes, with the statistics of all
/// heads that it holds, once the job is reduced and nobody has watched it, or where nobody has asked and no shard has come for a while.
/// </summary>
[SiloFilter, CollectionAgeLimit(Minutes = 2)]
internal sealed class AggregatorGrain(JobStore jobs, GrainSettings settings, SiloMember member, TimeProvider time) : Grain, IAggregatorGrain
{
    JobFolder _folder = null!;
    LivePreview _preview = null!;
    int _headsPerLayer;
    Task<bool>? _reduction;
    bool _isWatched;

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _folder = new JobFolder(this.GetPrimaryKeyString());
        var (spec, plan) = await jobs.ReadAsync(_folder, cancellationToken);
        _headsPerLayer = spec.Model.HeadsPerLayer;
        _preview = new LivePreview(jobs.Blobs, _folder, spec, plan, time);
    }

    public Task ShardCommittedAsync(int shard) => Task.Run(() => _preview.AddAsync(shard, CancellationToken.None));

    public async Task<PreviewReply> PreviewAsync()
    {
        _isWatched = true;
        return PreviewReply.Of(await Task.Run(() => _preview.ReadAsync(CancellationToken.None)), _headsPerLayer);
    }

    public Task ForgetAsync()
    {
        DeactivateOnIdle();
        return Task.CompletedTask;
    }

    public async Task<ReduceReply> ReduceAsync()
    {
        if (_reduction is null && await jobs.ManifestAsync(_folder, CancellationToken.None) is not null)
        {
            GoUnlessWatched();
            return new ReduceReply(true);
        }

        if (settings.Engine is not { } engine)
        {
            DeactivateOnIdle(); // there are workers by now: it comes to life again where one is
            return new ReduceReply(false);
        }

        var job = GrainFactory.GetGrain<IJobGrain>(_folder.Id); // here: beside the grain's scheduler there is no factory
        if (_reduction is null)
        {
            _reduction = Task.Run(() => Reduction.TryAsync(jobs, _folder, member.Of(engine), job.BeginAnewAsync, time));
            _ = GoWhenReducedAsync(_reduction);
        }

        if (!_reduction.IsCompleted)
        {
            DelayDeactivation(settings.LeaseDuration); // somebody waits, and asks again long before
            return new ReduceReply(false);
        }

        var ended = _reduction;
        _reduction = null; // whoever asks again has it tried again
        return ended switch
        {
            { IsCompletedSuccessfully: true } => new ReduceReply(await ended),
            { Exception.InnerException: JobStoppedException cause } => new ReduceReply(false, cause.Message),
            _ => new ReduceReply(false, Trouble: ended.Exception?.InnerException?.Message ?? "The reduction was broken off."), // the store, most likely
        };
    }

    /// <summary>Goes where nobody watches: no other shard comes, and whoever asks whether the job is reduced finds the manifest.</summary>
    async Task GoWhenReducedAsync(Task<bool> reduction)
    {
        await ((Task)reduction).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        if (reduction.IsCompletedSuccessfully && await reduction)
            GoUnlessWatched();
    }

    void GoUnlessWatched()
    {
        if (!_isWatched)
            DeactivateOnIdle();
    }
}
