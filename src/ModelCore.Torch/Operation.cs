using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace HeadScope.ModelCore.Torch;

/// <summary>
/// One operation of a backend: what it makes on the way dies with it, no gradient is prepared, and faults of the native library
/// become this program's. Scopes and modes belong to the thread, and an operation never leaves its own.
/// </summary>
internal static class Operation
{
    /// <summary>What the native library says where memory ends: of the processor, and of a card.</summary>
    static readonly string[] OutOfMemory =
    [
        "can't allocate memory", "CUDA out of memory", "CUDA error: out of memory", "CUBLAS_STATUS_ALLOC_FAILED",
    ];

    /// <exception cref="OutOfMemoryException">The device has not enough memory for it; a smaller batch may fit.</exception>
    /// <exception cref="InvalidOperationException">The native library failed.</exception>
    public static TResult Run<TState, TResult>(TState state, Func<TState, TResult> compute)
        where TState : allows ref struct
    {
        using var mode = inference_mode();
        using var scope = NewDisposeScope();
        try
        {
            return compute(state);
        }
        catch (ExternalException e)
        {
            throw Translate(e);
        }
    }

    internal static Exception Translate(ExternalException fault)
    {
        var message = fault.Message.Split('\n', 2)[0];
        return OutOfMemory.Any(text => fault.Message.Contains(text, StringComparison.OrdinalIgnoreCase))
            ? new OutOfMemoryException($"The device has not enough memory: {message}", fault)
            : new InvalidOperationException($"The device failed: {message}", fault);
    }
}
