using System.Globalization;

namespace HeadScope.Data.Hub;

/// <summary>Waits between attempts at one thing, longer each time, until it is no use.</summary>
/// <param name="say">Told why, before each wait.</param>
internal sealed class Patience(HubOptions options, TimeProvider time, Action<string> say)
{
    static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(30);

    int _failures;

    /// <summary>Something was gained: all attempts are there again.</summary>
    public void Renew() => _failures = 0;

    /// <summary>Runs until it succeeds, or fails for good.</summary>
    public async Task<T> TryAsync<T>(Func<Task<T>> attempt, CancellationToken cancellation)
    {
        while (true)
        {
            try
            {
                return await attempt().ConfigureAwait(false);
            }
            catch (HubException e) when (e.IsTransient)
            {
                await WaitAsync(e, cancellation).ConfigureAwait(false);
            }
        }
    }

    /// <exception cref="HubException">The fault has happened too often, or the hub asks for too long a wait.</exception>
    async Task WaitAsync(HubException fault, CancellationToken cancellation)
    {
        if (++_failures >= options.Attempts || fault.RetryAfter > HubOptions.LongestRetryAfter)
        {
            var times = _failures > 1 ? $" It failed {_failures} times in a row." : "";
            throw new HubException(fault.Fault, $"{fault.Message}{times} Try again later.", fault);
        }

        // Of many clients that fail together, no two come back together.
        var wait = Math.Min(
            options.FirstWait.TotalSeconds * Math.Pow(2, _failures - 1), LongestWait.TotalSeconds) * (0.5 + Random.Shared.NextDouble());
        var delay = TimeSpan.FromSeconds(Math.Max(wait, fault.RetryAfter?.TotalSeconds ?? 0));
        say(string.Create(CultureInfo.InvariantCulture, $"{fault.Message} Trying again in {delay.TotalSeconds:F0} s."));
        await Task.Delay(delay, time, cancellation).ConfigureAwait(false);
    }
}
