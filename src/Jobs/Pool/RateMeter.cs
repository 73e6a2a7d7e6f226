namespace HeadScope.Jobs.Pool;

/// <summary>How much happened a second, of late.</summary>
public sealed class RateMeter(TimeProvider time)
{
    static readonly TimeSpan Window = TimeSpan.FromSeconds(30);

    readonly Lock _gate = new();
    readonly Queue<(long When, long Amount)> _events = new();
    long _sum;
    long? _first;

    public void Add(long amount)
    {
        lock (_gate)
        {
            var now = time.GetTimestamp();
            _first ??= now;
            _events.Enqueue((now, amount));
            _sum += amount;
            Forget(now);
        }
    }

    /// <summary>Null before anything happened, and when nothing has for long.</summary>
    public double? PerSecond
    {
        get
        {
            lock (_gate)
            {
                var now = time.GetTimestamp();
                Forget(now);
                if (_first is not { } first || _events.Count == 0)
                    return null;
                var span = time.GetElapsedTime(first, now);
                return _sum / Math.Max(1e-3, (span < Window ? span : Window).TotalSeconds);
            }
        }
    }

    void Forget(long now)
    {
        while (_events.TryPeek(out var oldest) && time.GetElapsedTime(oldest.When, now) > Window)
            _sum -= _events.Dequeue().Amount;
    }
}
