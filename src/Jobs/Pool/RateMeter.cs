namespace HeadScope.Jobs.Pool;

/// <summary>How much happened per second, lately.</summary>
/// <param name="window">How far back it looks. The default value is 30 s.</param>
public sealed class RateMeter(TimeProvider time, TimeSpan? window = null)
{
    readonly TimeSpan _window = window ?? TimeSpan.FromSeconds(30);
    readonly Lock _gate = new();
    readonly Queue<(long When, long Amount)> _events = new();
    long _sum;
    long? _first;

    /// <summary>What is added from now on began to happen; without effect where it has begun already.</summary>
    public void Start()
    {
        lock (_gate)
            _first ??= time.GetTimestamp();
    }

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
                return _sum / Math.Max(1e-3, (span < _window ? span : _window).TotalSeconds);
            }
        }
    }

    void Forget(long now)
    {
        while (_events.TryPeek(out var oldest) && time.GetElapsedTime(oldest.When, now) > _window)
            _sum -= _events.Dequeue().Amount;
    }
}
