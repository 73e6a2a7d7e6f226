using HeadScope.Jobs;

namespace HeadScope.Silo.Hosting;

/// <summary>Whether the server should be sent requests: its engine runs, its store answers, and it is not stopping.</summary>
internal sealed class Readiness(JobStore jobs, IHostApplicationLifetime lifetime)
{
    volatile bool _engineStarted;

    public void EngineStarted() => _engineStarted = true;

    /// <summary>Null where it is ready, otherwise why not.</summary>
    public async Task<string?> WhyNotAsync(CancellationToken cancellation)
    {
        if (lifetime.ApplicationStopping.IsCancellationRequested)
            return "The server is stopping.";
        if (!_engineStarted)
            return "The engine is starting.";
        try
        {
            await jobs.Blobs.ExistsAsync("ready", cancellation).ConfigureAwait(false);
            return null;
        }
        catch (IOException)
        {
            return "The store does not answer.";
        }
    }
}
