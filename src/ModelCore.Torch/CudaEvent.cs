namespace HeadScope.ModelCore.Torch;

/// <summary>A place in what a card was told to do, which can be waited for while the card goes on with what came later.</summary>
internal sealed class CudaEvent : IDisposable
{
    /// <summary>Waiting threads sleep; nothing is timed.</summary>
    const uint Flags = 1 | 2;

    readonly CudaCard _card;
    nint _event;

    public CudaEvent(CudaCard card)
    {
        _card = card;
        card.Within(() => CudaDriver.Check(CudaDriver.CreateEvent(out _event, Flags), "cuEventCreate"));
    }

    /// <summary>After all that was asked of the card until here, in its default stream.</summary>
    public void Record() => _card.Within(() => CudaDriver.Check(CudaDriver.RecordEvent(_event, 0), "cuEventRecord"));

    public void Wait() => CudaDriver.Check(CudaDriver.WaitForEvent(_event), "cuEventSynchronize");

    public void Dispose()
    {
        if (_event != 0)
            _ = CudaDriver.DestroyEvent(_event); // it fails with the card only
        _event = 0;
    }
}
