using HeadScope.Jobs.Pool;
using HeadScope.Jobs.Records;

namespace HeadScope.Silo.Hosting;

/// <summary>
/// Whether the server should be sent requests: its engine runs, its workers take work, its store can be written to, and it is not stopping.
/// </summary>
internal sealed partial class Readiness(
    JobStore jobs, IJobEngine engine, IHostApplicationLifetime lifetime, TimeProvider time, ILogger<Readiness> logger)
{
    /// <summary>However often it is asked: those who ask need no key.</summary>
    static readonly TimeSpan ProbeInterval = TimeSpan.FromSeconds(3);

    /// <summary>Less than those who ask wait.</summary>
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(4);

    static readonly byte[] Content = new byte[1024];

    readonly Lock _gate = new();
    readonly string _blob = $"ready-{Guid.NewGuid():N}";
    volatile bool _engineStarted;
    Task<string?>? _probe;
    long _probed;

    public void EngineStarted() => _engineStarted = true;

    /// <summary>Null where it is ready, otherwise why not.</summary>
    public async Task<string?> WhyNotAsync(CancellationToken cancellation)
    {
        if (lifetime.ApplicationStopping.IsCancellationRequested)
            return "The server is stopping.";
        if (!_engineStarted)
            return "The engine is starting.";
        if (engine.IsDrained)
            return "The workers were drained. Start the server again.";
        try
        {
            return await Probe().WaitAsync(Patience, time, cancellation).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            return "The store does not answer.";
        }
    }

    /// <summary>The last look at the store, or a new one; never a second while one lasts.</summary>
    Task<string?> Probe()
    {
        lock (_gate)
        {
            if (_probe is null || (_probe.IsCompleted && time.GetElapsedTime(_probed) >= ProbeInterval))
                (_probe, _probed) = (Task.Run(ProbeAsync), time.GetTimestamp());
            return _probe;
        }
    }

    async Task<string?> ProbeAsync()
    {
        try
        {
            await jobs.Blobs.TryCreateAsync(_blob, Content).ConfigureAwait(false);
            await jobs.Blobs.DeleteAsync(_blob).ConfigureAwait(false);
            return null;
        }
        catch (Exception e)
        {
            NotReady(e.Message);
            return "The store cannot be written to: the server's log says why.";
        }
    }

    [LoggerMessage(LogLevel.Warning, "Not ready: {Cause}")]
    partial void NotReady(string cause);
}
