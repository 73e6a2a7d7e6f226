using HeadScope.Jobs.Pool;

namespace HeadScope.Silo.Hosting;

/// <summary>
/// Runs the engine while the server runs. A stopping server leases no more, finishes what is in work if it can in time, and hands back
/// the rest. An engine that fails stops the server.
/// </summary>
internal sealed partial class EngineService(
    IJobEngine engine, SiloOptions options, Readiness readiness, EngineFault fault, IHostApplicationLifetime lifetime, ILogger<EngineService> logger) : BackgroundService
{
    readonly CancellationTokenSource _drain = new();

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var abort = new CancellationTokenSource();
        using var draining = stoppingToken.Register(() =>
        {
            Draining(options.Drain.TotalSeconds);
            _drain.Cancel();
            abort.CancelAfter(options.Drain);
        });
        readiness.EngineStarted();
        try
        {
            await engine.RunAsync(_drain.Token, abort.Token).ConfigureAwait(false);
            Drained();
        }
        catch (OperationCanceledException) when (abort.IsCancellationRequested)
        {
            HandedBack();
        }
        catch (Exception e)
        {
            Failed(e);
            fault.Note(e);
            lifetime.StopApplication();
        }
    }

    public override void Dispose()
    {
        base.Dispose(); // which drains, where the server was never told to stop since it did not start
        _drain.Dispose();
    }

    [LoggerMessage(LogLevel.Information, "Draining: no more shards are leased; those in work have {Seconds} s.")]
    partial void Draining(double seconds);

    [LoggerMessage(LogLevel.Information, "Drained: all shards in work were finished.")]
    partial void Drained();

    [LoggerMessage(LogLevel.Warning, "The time to drain is over: the shards in work were handed back.")]
    partial void HandedBack();

    [LoggerMessage(LogLevel.Critical, "The engine failed, and the server with it.")]
    partial void Failed(Exception cause);
}
