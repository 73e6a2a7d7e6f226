using HeadScope.ModelCore.Compute;

namespace HeadScope.ModelCore.Model;

/// <summary>A norm, whose weights may have been folded into what reads it; the identity where the model has none.</summary>
internal sealed class LayerNorm : IDisposable
{
    readonly string _name;
    readonly Norm? _norm;

    /// <param name="exists">Whether the model has this norm.</param>
    public LayerNorm(IBackend backend, ModelConfig config, string name, NormWeights? weights, bool exists = true)
    {
        _name = name;
        if (exists && config.Normalization is { } kind)
        {
            _norm = new Norm(
                kind, config.Epsilon,
                weights is null ? null : backend.Upload(weights.W, 1, config.DModel),
                weights?.B is null ? null : backend.Upload(weights.B, 1, config.DModel));
        }
    }

    public bool Exists => _norm is not null;

    /// <summary>The normalised x, a new tensor; and what it was divided by, null without a norm.</summary>
    public (Tensor Normalized, Tensor? Scale) Forward(Tensor x, ForwardContext context)
    {
        if (_norm is null)
            return (context.Backend.Clone(x), null);
        var (normalized, scale) = context.Backend.Normalize(x, _norm);
        context.Observe($"{_name}.hook_scale", scale, 1);
        context.Observe($"{_name}.hook_normalized", normalized, normalized.Columns);
        return (normalized, scale);
    }

    public void Dispose() => _norm?.Dispose();
}
