namespace HeadScope.Data.Hub;

/// <summary>
/// Ends an exchange in which nothing, or next to nothing, has come for too long: a byte now and then could hold it up for ever.
/// </summary>
internal sealed class StallWatch : IDisposable
{
    /// <summary>Fewer bytes than this in the whole limit are as good as none; the end of a file is not so long in coming.</summary>
    public const int LeastBytes = 4096;

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

    /// <summary>Bytes that have come since the limit began anew.</summary>
    public int Bytes { get; private set; }

    public bool HasStalled => _stall.IsCancellationRequested && !_cancellation.IsCancellationRequested;

    /// <summary>An answer began.</summary>
    public void Restart()
    {
        Bytes = 0;
        _stall.CancelAfter(Limit);
    }

    /// <summary>Bytes of its body came.</summary>
    public void Received(int count)
    {
        if ((Bytes += count) >= LeastBytes)
            Restart();
    }

    public void Dispose()
    {
        _either.Dispose();
        _stall.Dispose();
    }
}
