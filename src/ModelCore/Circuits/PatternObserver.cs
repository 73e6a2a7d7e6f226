using HeadScope.ModelCore.Compute;
using HeadScope.ModelCore.Model;

namespace HeadScope.ModelCore.Circuits;

/// <summary>Hands on each layer's attention patterns, [batch, head, dest, src], in the order of layers.</summary>
internal sealed class PatternObserver(IBackend backend, Action<float[]> pattern) : IActivationObserver
{
    float[] _values = [];

    public bool Wants(string name) => name.EndsWith(".hook_pattern", StringComparison.Ordinal);

    public void Observe(string name, Tensor tensor, ReadOnlySpan<int> shape)
    {
        var count = tensor.Rows * tensor.Columns;
        if (_values.Length != count)
            _values = new float[count];
        backend.Download(tensor, _values);
        pattern(_values);
    }
}
