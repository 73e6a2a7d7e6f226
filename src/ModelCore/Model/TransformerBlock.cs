using HeadScope.ModelCore.Compute;
using HeadScope.ModelCore.Weights;

namespace HeadScope.ModelCore.Model;

/// <summary>Attention, then the MLP; or, in parallel blocks, both on the block's input.</summary>
internal sealed class TransformerBlock : IDisposable
{
    readonly ModelConfig _config;
    readonly string _name;
    readonly LayerNorm _ln1;
    readonly LayerNorm? _ln2;
    readonly Mlp? _mlp;

    public TransformerBlock(IBackend backend, ModelConfig config, int layer, BlockWeights weights, Rotary? rotary)
    {
        _config = config;
        _name = $"blocks.{layer}";
        _ln1 = new LayerNorm(backend, config, $"{_name}.ln1", weights.Ln1);
        Attention = new Attention(backend, config, layer, weights, rotary);
        if (!config.AttnOnly)
        {
            _ln2 = new LayerNorm(backend, config, $"{_name}.ln2", weights.Ln2);
            _mlp = new Mlp(backend, config, layer, weights);
        }
    }

    public Attention Attention { get; }

    /// <summary>Adds the block's output to the residual stream, [batch * position, d_model], in place.</summary>
    public void Forward(Tensor residual, ForwardContext context, CopyScoring? scoring)
    {
        var backend = context.Backend;
        context.Observe($"{_name}.hook_resid_pre", residual, _config.DModel);
        var (normalized, scale) = _ln1.Forward(residual, context);
        using (normalized)
        using (scale)
        {
            using var attentionOut = Attention.Forward(normalized, context, scoring);
            context.Observe($"{_name}.hook_attn_out", attentionOut, _config.DModel);
            if (_mlp is not null && _config.ParallelAttnMlp)
            {
                using var mlpOut = ParallelMlpOut(residual, normalized, scale, context);
                backend.Add(residual, mlpOut);
            }

            backend.Add(residual, attentionOut);
        }

        if (_mlp is not null && !_config.ParallelAttnMlp)
        {
            context.Observe($"{_name}.hook_resid_mid", residual, _config.DModel);
            using var mlpOut = MlpOut(residual, context);
            backend.Add(residual, mlpOut);
        }

        context.Observe($"{_name}.hook_resid_post", residual, _config.DModel);
    }

    /// <summary>mlp(ln2(x)), [n, d_model].</summary>
    public Tensor MlpOut(Tensor x, ForwardContext context)
    {
        var (normalized, scale) = _ln2!.Forward(x, context);
        using (normalized)
        using (scale)
            return MlpOfNormalized(normalized, context);
    }

    public void Dispose()
    {
        _ln1.Dispose();
        _ln2?.Dispose();
        Attention.Dispose();
        _mlp?.Dispose();
    }

    /// <summary>mlp(ln2(x)), where ln1(x) is known: once their weights are folded away, it is the same.</summary>
    Tensor ParallelMlpOut(Tensor x, Tensor ln1, Tensor? scale, ForwardContext context)
    {
        if (!_ln2!.IsSameAs(_ln1))
            return MlpOut(x, context);
        _ln2.Observe(ln1, scale, context);
        return MlpOfNormalized(ln1, context);
    }

    Tensor MlpOfNormalized(Tensor normalized, ForwardContext context)
    {
        var output = _mlp!.Forward(normalized, context);
        context.Observe($"{_name}.hook_mlp_out", output, _config.DModel);
        return output;
    }
}
