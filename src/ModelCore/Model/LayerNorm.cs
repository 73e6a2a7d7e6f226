using HeadScope.ModelCore.Compute;
using HeadScope.ModelCore.Weights;

namespace HeadScope.ModelCore.Model;

/// <summary>A norm, whose weights may have been folded into what reads it; the identity where the model has none.</summary>
internal sealed class LayerNorm : IDisposable
{
    readonly string _name;
    readonly Norm? _norm;

    public LayerNorm(IBackend backend, ModelConfig config, string name, NormWeights? weights)
    {
        _name = name;
        if (config.Normalization is { } kind)
        {
            _norm = new Norm(
                kind, config.Epsilon,
                weights is null ? null : backend.Upload(weights.W, 1, config.DModel),
                weights?.B is null ? null : backend.Upload(weights.B, 1, config.DModel));
        }
    }

    /// <summary>Whether two norms compute the same: they have no weights of their own left.</summary>
    public bool IsSameAs(LayerNorm other) => _norm is { Weight: null, Bias: null } && other._norm == _norm;

    /// <summary>Shows what another norm, the same as this, has computed.</summary>
    public void Observe(Tensor normalized, Tensor? scale, ForwardContext context)
    {
        if (scale is not null)
            context.Observe($"{_name}.hook_scale", scale, 1);
        context.Observe($"{_name}.hook_normalized", normalized, normalized.Columns);
    }

    /// <summary>The normalised x, a new tensor; and what it was divided by, null without a norm.</summary>
    public (Tensor Normalized, Tensor? Scale) Forward(Tensor x, ForwardContext context)
    {
        if (_norm is null)
        {
            var copy = context.Backend.GatherRows(x, [.. Enumerable.Range(0, x.Rows)]);
            return (copy, null);
        }

        var (normalized, scale) = context.Backend.Normalize(x, _norm);
        Observe(normalized, scale, context);
        return (normalized, scale);
    }

    public void Dispose() => _norm?.Dispose();
}
