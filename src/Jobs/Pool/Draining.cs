namespace HeadScope.Jobs.Pool;

/// <summary>How an engine ends: what its process is told when it stops.</summary>
public static class Draining
{
    /// <summary>Runs an engine until it is told to stop. Then it leases no more, and units in work have some time to be finished.</summary>
    /// <param name="drain">How long; what is in work then is handed back.</param>
    /// <param name="stopping">Called when it is told to stop.</param>
    /// <returns>Whether all units in work were finished; false where some were handed back.</returns>
    public static async Task<bool> RunAsync(this IJobEngine engine, TimeSpan drain, Action stopping, CancellationToken stop)
    {
        using var abort = new CancellationTokenSource();
        using var draining = stop.Register(() =>
        {
            stopping();
            abort.CancelAfter(drain);
        });
        try
        {
            await engine.RunAsync(stop, abort.Token).ConfigureAwait(false);
            return true;
        }
        catch (OperationCanceledException) when (abort.IsCancellationRequested)
        {
            return false;
        }
    }
}
