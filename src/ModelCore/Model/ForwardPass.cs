using HeadScope.ModelCore.Compute;

namespace HeadScope.ModelCore.Model;

/// <summary>
/// A batch on its way through a transformer, block by block. Between two blocks there is nothing but the residual stream: one layer's
/// activations are held at a time.
/// </summary>
public sealed class ForwardPass : IDisposable
{
    readonly Transformer _model;
    readonly ForwardContext _context;
    readonly Tensor _residual; // [batch * position, d_model]
    readonly bool _isFork;

    internal ForwardPass(Transformer model, ForwardContext context, Tensor residual, int layer = 0, bool isFork = false)
    {
        (_model, _context, _residual, Layer, _isFork) = (model, context, residual, layer, isFork);
    }

    /// <summary>The block that comes next, or is in work.</summary>
    public int Layer { get; private set; }

    /// <summary>Whether all blocks have run.</summary>
    public bool IsAtEnd => Layer == _model.Config.NLayers;

    /// <summary>
    /// The first half of the next block: z, [batch * position, head * d_head], what each head mixes. The residual stream gets all that the
    /// block adds to it without reading what attention adds; <see cref="AddAttention"/> does the rest.
    /// </summary>
    /// <param name="scoring">Per-head scores to compute on the way.</param>
    public Tensor Attend(HeadScoring? scoring = null) => _model.Block(Layer).Attend(_residual, _context, scoring);

    /// <summary>The second half: adds what attention makes of z, and whatever the block makes of that.</summary>
    /// <param name="z">What <see cref="Attend"/> returned, or something in its place.</param>
    /// <param name="contributions">
    /// Per-head contributions of this layer, [head, batch * position], as <see cref="Attend"/> computed them: where a norm follows
    /// attention, they are divided by its scale, and become contributions to the residual stream.
    /// </param>
    public void AddAttention(Tensor z, params IReadOnlyList<Tensor> contributions) =>
        _model.Block(Layer++).AddAttention(_residual, z, _context, contributions);

    /// <summary>The whole of the next block.</summary>
    public void RunBlock(HeadScoring? scoring = null)
    {
        using var z = Attend(scoring);
        AddAttention(z);
    }

    /// <summary>Another pass that goes on from here. It shows nobody its activations.</summary>
    /// <remarks>It must not outlive this one.</remarks>
    public ForwardPass Fork() => new(_model, _context.Unobserved(), _context.Backend.Clone(_residual), Layer, isFork: true);

    /// <summary>
    /// After the last block: what the unembedding reads, [batch * position, d_model], and ln_final.hook_scale, [batch * position, 1], null
    /// without a last norm.
    /// </summary>
    public (Tensor Normalized, Tensor? Scale) Finish() => _model.LnFinal.Forward(_residual, _context);

    public void Dispose()
    {
        _residual.Dispose();
        if (!_isFork)
            _context.Positions?.Dispose();
    }
}
