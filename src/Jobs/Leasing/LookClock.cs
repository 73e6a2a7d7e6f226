namespace HeadScope.Jobs.Leasing;

/// <summary>When to look at a store again. Looks that take long are made seldom: they may take a small part of the time only.</summary>
internal sealed class LookClock(TimeProvider time)
{
    /// <summary>How many times as long as the last look took to wait for the next.</summary>
    const int Rest = 20;

    long? _last;
    TimeSpan _took;

    /// <param name="interval">How old the last look may be, where looks cost nothing.</param>
    public bool IsDue(TimeSpan interval) =>
        _last is not { } last || time.GetElapsedTime(last) >= (interval > _took * Rest ? interval : _took * Rest);

    public async Task LookAsync(Func<Task> look)
    {
        var started = time.GetTimestamp();
        await look().ConfigureAwait(false);
        _took = time.GetElapsedTime(started);
        _last = time.GetTimestamp();
    }
}
