using HeadScope.ModelCore.Compute;

namespace HeadScope.ModelCore.Model;

/// <summary>act(x W_in + b_in) W_out + b_out; where gated, (act(x W_gate) * (x W_in + b_in)) W_out + b_out.</summary>
internal sealed class Mlp : IDisposable
{
    readonly ModelConfig _config;
    readonly string _name;
    readonly Matrix _in;
    readonly Matrix? _gate;
    readonly Matrix _out;

    public Mlp(IBackend backend, ModelConfig config, int layer, BlockWeights weights)
    {
        _config = config;
        _name = $"blocks.{layer}.mlp";
        _in = backend.Load(weights.WIn, config.DModel, config.DMlp, weights.BIn);
        _gate = weights.WGate is null ? null : backend.Load(weights.WGate, config.DModel, config.DMlp);
        _out = backend.Load(weights.WOut, config.DMlp, config.DModel, weights.BOut);
    }

    /// <summary>What the MLP adds to the residual stream, [n, d_model], of ln2's output, [n, d_model].</summary>
    public Tensor Forward(Tensor normalized, ForwardContext context)
    {
        var backend = context.Backend;
        using var linear = backend.Multiply(normalized, _in);
        using var gate = _gate is null ? null : backend.Multiply(normalized, _gate);
        var post = gate ?? linear;
        context.Observe($"{_name}.hook_pre", post, _config.DMlp);
        if (gate is null)
        {
            backend.Activate(linear, _config.Activation);
        }
        else
        {
            context.Observe($"{_name}.hook_pre_linear", linear, _config.DMlp);
            backend.ActivateGate(gate, _config.Activation, linear);
        }

        context.Observe($"{_name}.hook_post", post, _config.DMlp);
        return backend.Multiply(post, _out);
    }

    public void Dispose()
    {
        _in.Dispose();
        _gate?.Dispose();
        _out.Dispose();
    }
}
