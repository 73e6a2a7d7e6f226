using System.Runtime.InteropServices;

namespace HeadScope.ModelCore.Compute.Managed;

/// <summary>
/// 64-byte aligned native memory that is handed out, taken back and handed out again, so that a steady stream of equal
/// batches allocates nothing. Used by one thread.
/// </summary>
/// <remarks>Each block is readable for 64 bytes past its end: kernels load whole vectors and mask.</remarks>
internal sealed unsafe class NativePool : IDisposable
{
    const nuint Alignment = 64;
    const nuint Granularity = 4096;

    readonly Dictionary<nuint, Stack<nint>> _free = [];
    readonly Dictionary<nint, nuint> _live = [];
    bool _disposed;

    /// <summary>Blocks rented and not returned.</summary>
    public int LiveCount => _live.Count;

    /// <summary>Bytes held, whether rented or waiting.</summary>
    public long HeldBytes { get; private set; }

    public float* Rent(long count)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        var bytes = checked((nuint)count * sizeof(float) + Alignment);
        bytes = (bytes + Granularity - 1) / Granularity * Granularity;
        nint block;
        if (_free.TryGetValue(bytes, out var waiting) && waiting.Count > 0)
        {
            block = waiting.Pop();
        }
        else
        {
            block = (nint)NativeMemory.AlignedAlloc(bytes, Alignment);
            HeldBytes += (long)bytes;
        }

        _live.Add(block, bytes);
        return (float*)block;
    }

    public void Return(float* block)
    {
        if (!_live.Remove((nint)block, out var bytes))
            return; // the pool is gone, and the block with it
        if (!_free.TryGetValue(bytes, out var waiting))
            _free.Add(bytes, waiting = new Stack<nint>());
        waiting.Push((nint)block);
    }

    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        foreach (var block in _live.Keys)
            NativeMemory.AlignedFree((void*)block);
        foreach (var block in _free.Values.SelectMany(waiting => waiting))
            NativeMemory.AlignedFree((void*)block);
        _live.Clear();
        _free.Clear();
        HeldBytes = 0;
    }
}
