using HeadScope.ModelCore.Compute;

namespace HeadScope.ModelCore.Model;

/// <summary>Attention, then the MLP; or, in parallel blocks, both on the block's input.</summary>
internal sealed class TransformerBlock : IDisposable
{
    readonly ModelConfig _config;
    readonly string _name;
    readonly LayerNorm _ln1;
    readonly LayerNorm _ln1Post;
    readonly LayerNorm? _ln2;
    readonly LayerNorm? _ln2Post;
    readonly Mlp? _mlp;

    public TransformerBlock(IBackend backend, ModelConfig config, int layer, BlockWeights weights, Rotary? rotary)
    {
        _config = config;
        _name = $"blocks.{layer}";
        _ln1 = new LayerNorm(backend, config, $"{_name}.ln1", weights.Ln1, config.NormsBefore);
        _ln1Post = new LayerNorm(backend, config, $"{_name}.ln1_post", weights.Ln1Post, config.NormsAfter);
        Attention = new Attention(backend, config, layer, weights, rotary);
        if (!config.AttnOnly)
        {
            _ln2 = new LayerNorm(backend, config, $"{_name}.ln2", weights.Ln2, config.NormsBefore);
            _ln2Post = new LayerNorm(backend, config, $"{_name}.ln2_post", weights.Ln2Post, config.NormsAfter);
            _mlp = new Mlp(backend, config, layer, weights);
        }
    }

    public Attention Attention { get; }

    /// <summary>
    /// z, [batch * position, head * d_head]. In a parallel block the residual stream, [batch * position, d_model], gets the MLP's output;
    /// in a sequential one, whose MLP reads what attention adds, it stays as it is.
    /// </summary>
    public Tensor Attend(Tensor residual, ForwardContext context, HeadScoring? scoring)
    {
        context.Observe($"{_name}.hook_resid_pre", residual, _config.DModel);
        var (normalized, scale) = _ln1.Forward(residual, context);
        using (normalized)
        using (scale)
        {
            var z = Attention.Mix(normalized, context, scoring);
            if (_config.ParallelAttnMlp)
                AddMlp(residual, context);
            return z;
        }
    }

    /// <summary>Adds to the residual stream what attention makes of z and, in a sequential block, what the MLP makes of the sum.</summary>
    /// <param name="contributions">
    /// Of this layer's heads, [head, batch * position]: divided by the scale of the norm after attention where there is one.
    /// </param>
    public void AddAttention(Tensor residual, Tensor z, ForwardContext context, IReadOnlyList<Tensor> contributions)
    {
        var (attentionOut, scale) = Normalized(_ln1Post, Attention.Output(z, context.Backend), context);
        using (attentionOut)
        using (scale)
        {
            context.Observe($"{_name}.hook_attn_out", attentionOut, _config.DModel);
            context.Backend.Add(residual, attentionOut);
            foreach (var contribution in contributions)
            {
                if (scale is not null)
                    context.Backend.DivideColumns(contribution, scale);
            }
        }

        if (!_config.ParallelAttnMlp && !_config.AttnOnly)
        {
            context.Observe($"{_name}.hook_resid_mid", residual, _config.DModel);
            AddMlp(residual, context);
        }

        context.Observe($"{_name}.hook_resid_post", residual, _config.DModel);
    }

    /// <summary>What the MLP adds to a residual stream x: mlp(ln2(x)), through the norm after it where there is one. [n, d_model]</summary>
    public Tensor MlpOut(Tensor x, ForwardContext context)
    {
        var (normalized, scale) = _ln2!.Forward(x, context);
        using (normalized)
        using (scale)
        {
            var (output, outputScale) = Normalized(_ln2Post!, _mlp!.Forward(normalized, context), context);
            outputScale?.Dispose();
            context.Observe($"{_name}.hook_mlp_out", output, _config.DModel);
            return output;
        }
    }

    public void Dispose()
    {
        _ln1.Dispose();
        _ln1Post.Dispose();
        _ln2?.Dispose();
        _ln2Post?.Dispose();
        Attention.Dispose();
        _mlp?.Dispose();
    }

    /// <summary>A sublayer's output as the residual stream gets it; the output itself where no norm follows.</summary>
    static (Tensor Output, Tensor? Scale) Normalized(LayerNorm norm, Tensor output, ForwardContext context)
    {
        if (!norm.Exists)
            return (output, null);
        using (output)
            return norm.Forward(output, context);
    }

    void AddMlp(Tensor residual, ForwardContext context)
    {
        if (_mlp is null)
            return;
        using var mlpOut = MlpOut(residual, context);
        context.Backend.Add(residual, mlpOut);
    }
}
