using HeadScope.Jobs.Pool;

namespace HeadScope.Silo.Hosting;

/// <summary>
/// Runs the engine while the server runs. A stopping server leases no more, finishes what is in work if it can in time, and hands back
/// the rest. An engine that fails stops the server.
/// </summary>
internal sealed partial class EngineService(
    IJobEngine engine, SiloOptions options, Readiness readiness, EngineFault fault, IHostApplicationLifetime lifetime,
    ILogger<EngineService> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        readiness.EngineStarted();
        try
        {
            if (await engine.RunAsync(options.Drain, () => StartsToDrain(options.Drain.TotalSeconds), stoppingToken).ConfigureAwait(false))
                Drained();
            else
                HandedBack();
        }
        catch (Exception e)
        {
            Failed(e);
            fault.Note(e);
            lifetime.StopApplication();
        }
    }

    [LoggerMessage(LogLevel.Information, "Draining: no more shards are leased; those in work have {Seconds} s.")]
    partial void StartsToDrain(double seconds);

    [LoggerMessage(LogLevel.Information, "Drained: all shards in work were finished.")]
    partial void Drained();

    [LoggerMessage(LogLevel.Warning, "The time to drain is over: the shards in work were handed back.")]
    partial void HandedBack();

    [LoggerMessage(LogLevel.Critical, "The engine failed, and the server with it.")]
    partial void Failed(Exception cause);
}
