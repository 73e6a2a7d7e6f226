using HeadScope.Grains.Contracts;
using HeadScope.Grains.Engine;
using HeadScope.Grains.Placement;
using HeadScope.Jobs.Pool;
using HeadScope.Jobs.Records;

namespace HeadScope.Grains;

/// <summary>
/// Runs a <see cref="JobPool"/> beside the grain scheduler, which sees nothing of it: its workers compute on threads of their own and
/// take units from the job grains in the order of the queue grain.
/// </summary>
[KeepAlive, SiloFilter]
internal sealed class ModelGrain(JobStore jobs, GrainSettings settings, ILocalSiloDetails silo, SiloMember member, IGrainFactory grains, TimeProvider time) : Grain, IModelGrain
{
    readonly CancellationTokenSource _drain = new();
    readonly CancellationTokenSource _abort = new();
    JobPool? _pool;
    Task? _work;

    public Task<StartReply> StartAsync()
    {
        if (_work is null)
        {
            var engine = settings.Engine ?? throw new InvalidOperationException(
                $"Silo {silo.Name} has no workers: start it with --workers of at least 1.");
            _pool = new JobPool(
                jobs, member.Of(engine), time, (folder, cause) => settings.Report(folder.Id, cause),
                new ClusterWork(grains, silo.SiloAddress));
            _work = Task.Run(() => _pool.RunAsync(_drain.Token, _abort.Token));
        }

        return Task.FromResult(
            new StartReply(_work.Exception?.InnerException?.Message, _drain.IsCancellationRequested || _abort.IsCancellationRequested));
    }

    public Task WakeAsync()
    {
        _pool?.LookAgain();
        return Task.CompletedTask;
    }

    public async Task<bool> DrainAsync(bool abort)
    {
        await (abort ? _abort : _drain).CancelAsync();
        return _work?.IsCompleted != false;
    }

    public Task<string> WhereAsync() => Task.FromResult(silo.Name);

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        await _abort.CancelAsync();
        await _drain.CancelAsync();
        if (_work is not null)
            await _work.WaitAsync(cancellationToken)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
    }
}
