namespace HeadScope.Data.Hub;

/// <summary>Ends an exchange in which nothing has happened for too long.</summary>
internal sealed class StallWatch : IDisposable
{
    readonly CancellationTokenSource _stall;
    readonly CancellationTokenSource _either;
    readonly CancellationToken _cancellation;

    public StallWatch(TimeSpan limit, TimeProvider time, CancellationToken cancellation)
    {
        Limit = limit;
        _cancellation = cancellation;
        _stall = new CancellationTokenSource(limit, time);
        _either = CancellationTokenSource.CreateLinkedTokenSource(_stall.Token, cancellation);
    }

    public TimeSpan Limit { get; }

    /// <summary>Cancelled by the caller, or by the time that passed.</summary>
    public CancellationToken Token => _either.Token;

    public bool HasStalled => _stall.IsCancellationRequested && !_cancellation.IsCancellationRequested;

    /// <summary>Something happened.</summary>
    public void Restart() => _stall.CancelAfter(Limit);

    public void Dispose()
    {
        _either.Dispose();
        _stall.Dispose();
    }
}
