using HeadScope.Jobs.Telemetry;

namespace HeadScope.Client.Telemetry;

/// <summary>
/// Does a verb's work while others may watch: Prometheus, where a port was given, and a collector, where the environment names one.
/// </summary>
internal static class WatchedWork
{
    /// <exception cref="IOException">The metrics cannot be shown where they should be; nothing was done.</exception>
    public static async Task<int> RunAsync(MetricsOptions? options, Func<CancellationToken, Task<int>> work, CancellationToken cancellation)
    {
        using var export = OtlpExport.FromEnvironment();
        if (options is null)
            return await work(cancellation).ConfigureAwait(false);

        await using var endpoint = await MetricsEndpoint.StartAsync(options.Address, options.Port, cancellation).ConfigureAwait(false);
        Console.Error.WriteLine($"Metrics: {endpoint.Url}");
        try
        {
            return await work(cancellation).ConfigureAwait(false);
        }
        finally
        {
            if (options.Linger > TimeSpan.Zero && !cancellation.IsCancellationRequested)
                await endpoint.LingerAsync(options.Linger, cancellation).ConfigureAwait(false);
        }
    }
}
