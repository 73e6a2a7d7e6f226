namespace HeadScope.ModelCore.Torch;

/// <summary>
/// Lets operations in that agree on a setting of the whole process; those that want another wait until none is inside. The native
/// library reads the setting when an operation is launched.
/// </summary>
/// <param name="apply">Changes the setting.</param>
internal sealed class ProductMode(Action<bool> apply)
{
    /// <summary>Whether float32 products of CUDA devices may be rounded to tf32.</summary>
    public static ProductMode Tf32 { get; } = new(allowed => TorchSharp.torch.backends.cuda.matmul.allow_tf32 = allowed);

    readonly object _gate = new(); // a Monitor's: it is waited on
    bool? _current;
    int _inside;

    public Stay Enter(bool wanted)
    {
        lock (_gate)
        {
            while (_inside > 0 && _current != wanted)
                Monitor.Wait(_gate);
            if (_current != wanted)
                apply(wanted);
            _current = wanted;
            _inside++;
        }

        return new Stay(this);
    }

    void Leave()
    {
        lock (_gate)
        {
            if (--_inside == 0)
                Monitor.PulseAll(_gate);
        }
    }

    /// <summary>An operation that is inside, until disposed of.</summary>
    public readonly struct Stay(ProductMode mode) : IDisposable
    {
        public void Dispose() => mode?.Leave();
    }
}
