using HeadScope.ModelCore.Compute;

namespace HeadScope.ModelCore.Model;

/// <summary>Sees activations, under TransformerLens's names, as a forward pass makes them.</summary>
public interface IActivationObserver
{
    /// <summary>Whether <see cref="Observe"/> is to be called for this activation; those that nobody wants may never be computed.</summary>
    bool Wants(string name);

    /// <param name="tensor">The values; valid during the call only.</param>
    /// <param name="shape">TransformerLens's shape of them, batch first; its product is the tensor's size.</param>
    void Observe(string name, Tensor tensor, ReadOnlySpan<int> shape);
}

/// <summary>Keeps the activations whose names a filter accepts, as <c>run_with_cache</c> does.</summary>
public sealed class ActivationCache(IBackend backend, Func<string, bool> wants) : IActivationObserver
{
    readonly Dictionary<string, Activation> _activations = new(StringComparer.Ordinal);

    /// <summary>Values, row-major, and their shape.</summary>
    public sealed record Activation(int[] Shape, float[] Values);

    /// <summary>Those that were kept, by name.</summary>
    public IReadOnlyDictionary<string, Activation> Activations => _activations;

    public Activation this[string name] => _activations.TryGetValue(name, out var activation)
        ? activation
        : throw new KeyNotFoundException(
            $"The activation '{name}' was not kept: the model has none of that name, or the filter left it out.");

    public bool Wants(string name) => wants(name);

    public void Observe(string name, Tensor tensor, ReadOnlySpan<int> shape)
    {
        var values = new float[(long)tensor.Rows * tensor.Columns];
        backend.Download(tensor, values);
        _activations[name] = new Activation(shape.ToArray(), values);
    }
}
