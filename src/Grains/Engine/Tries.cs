using Orleans.Serialization;

namespace HeadScope.Grains.Engine;

/// <summary>Calls to grains whose silo may just have died: the answer, or nothing.</summary>
internal static class Tries
{
    /// <summary>The answer; null where the cluster did not give one. Whoever asked asks again later.</summary>
    public static async Task<T?> OrNullAsync<T>(Func<Task<T>> call)
        where T : class
    {
        try
        {
            return await call().ConfigureAwait(false);
        }
        catch (Exception e) when (IsPassing(e))
        {
            return null;
        }
    }

    /// <summary>Makes a call that may be lost.</summary>
    public static async Task SafelyAsync(Func<Task> call)
    {
        try
        {
            await call().ConfigureAwait(false);
        }
        catch (Exception e) when (IsPassing(e))
        {
            // What it said will be found in the store.
        }
    }

    /// <summary>A silo that stops cancels its calls. The last is a fault of the store's client, of a type that does not travel.</summary>
    static bool IsPassing(Exception e) =>
        e is OrleansException or TimeoutException or IOException or ObjectDisposedException or InvalidOperationException
        or OperationCanceledException or UnavailableExceptionFallbackException;
}
