using HeadScope.ModelCore.Compute;

namespace HeadScope.ModelCore.Model;

/// <summary>
/// A transformer, loaded onto a backend: embedding, blocks, last norm, unembedding. One layer's activations are held at a time.
/// Several threads may run it at once, each with a backend of its own on the same device.
/// </summary>
public sealed class Transformer : IDisposable
{
    readonly Tensor _embedding; // W_E
    readonly Tensor? _positions; // W_pos
    readonly TransformerBlock[] _blocks;

    Transformer(IModelWeights weights, IBackend backend)
    {
        var config = Config = weights.Config;
        _embedding = backend.Upload(weights.ReadEmbedding(), config.DVocab, config.DModel);
        if (weights.ReadPositions() is { } positions)
            _positions = backend.Upload(positions, config.NCtx, config.DModel);
        var rotary = config.PositionalEmbedding == PositionalEmbedding.Rotary
            ? new Rotary(config.RotaryDim, config.RotaryBase, config.NCtx, config.RotaryScaling, config.RotaryAdjacentPairs)
            : null;
        var windowedRotary = rotary is null || config.WindowedRotaryBase is not { } windowedBase
            ? rotary
            : new Rotary(config.RotaryDim, windowedBase, config.NCtx, adjacentPairs: config.RotaryAdjacentPairs);
        _blocks = new TransformerBlock[config.NLayers];
        for (var layer = 0; layer < config.NLayers; layer++)
        {
            var its = config.WindowOf(layer) is null ? rotary : windowedRotary;
            _blocks[layer] = new TransformerBlock(backend, config, layer, weights.ReadBlock(layer), its);
        }

        var unembed = weights.ReadUnembed();
        LnFinal = new LayerNorm(backend, config, "ln_final", unembed.LnFinal);
        Unembed = backend.Load(unembed.WUByToken, config.DModel, config.DVocabOut, unembed.BU, transposed: true);
    }

    public ModelConfig Config { get; }

    /// <summary>W_U and b_U: [d_model, d_vocab].</summary>
    public Matrix Unembed { get; }

    internal LayerNorm LnFinal { get; }

    /// <exception cref="InvalidDataException">A weight cannot be read or is not finite.</exception>
    public static Transformer Load(IModelWeights weights, IBackend backend) => new(weights, backend);

    /// <summary>A batch at the door: its residual stream holds the embedding, with positions where the model adds them there.</summary>
    /// <param name="tokens">[batch * position].</param>
    /// <param name="observer">Sees activations as they are made.</param>
    /// <exception cref="ArgumentException">A sequence is longer than n_ctx, or a token is not in the vocabulary.</exception>
    public ForwardPass Begin(IBackend backend, ReadOnlySpan<int> tokens, BatchShape batch, IActivationObserver? observer = null)
    {
        CheckTokens(tokens, batch);
        var context = new ForwardContext(backend, batch, observer);
        var residual = backend.GatherRows(_embedding, tokens);
        context.Observe("hook_embed", residual, Config.DModel);
        var positions = _positions is null ? null : backend.GatherRows(_positions, PositionsOf(batch));
        if (positions is not null)
        {
            context.Observe("hook_pos_embed", positions, Config.DModel);
            if (Config.PositionalEmbedding == PositionalEmbedding.Shortformer)
                context.Positions = positions;
            else
                backend.Add(residual, positions);
        }

        if (context.Positions is null)
            positions?.Dispose();
        return new ForwardPass(this, context, residual);
    }

    /// <summary>
    /// What the unembedding reads, [batch * position, d_model], and ln_final.hook_scale, [batch * position, 1], null without a last norm.
    /// </summary>
    /// <inheritdoc cref="Begin"/>
    public (Tensor Normalized, Tensor? Scale) Forward(
        IBackend backend, ReadOnlySpan<int> tokens, BatchShape batch, IActivationObserver? observer = null)
    {
        using var pass = Begin(backend, tokens, batch, observer);
        while (!pass.IsAtEnd)
            pass.RunBlock();
        return pass.Finish();
    }

    /// <summary>Runs a batch for what an observer sees.</summary>
    /// <inheritdoc cref="Begin"/>
    public void Observe(IBackend backend, ReadOnlySpan<int> tokens, BatchShape batch, IActivationObserver observer)
    {
        var (normalized, scale) = Forward(backend, tokens, batch, observer);
        normalized.Dispose();
        scale?.Dispose();
    }

    /// <summary>
    /// A layer's projection of target directions: W_O[h] W_U[:, target], [n, head * d_head]; where a norm follows attention, with its
    /// weight.
    /// </summary>
    /// <param name="targets">W_U[:, target], [n, d_model].</param>
    public Tensor TargetDirections(IBackend backend, int layer, Tensor targets) =>
        _blocks[layer].Attention.TargetDirections(backend, targets);

    /// <summary>What a head writes with: W_O[h], times the weight of the norm after attention if there is one. [d_head, d_model]</summary>
    public Matrix WritingWeights(IBackend backend, int layer, int head) => _blocks[layer].Attention.WritingWeights(backend, head);

    /// <summary>Logits, [batch * position, d_vocab]. For a few sequences: scoring never materialises them.</summary>
    public float[] Logits(IBackend backend, ReadOnlySpan<int> tokens, BatchShape batch, IActivationObserver? observer = null)
    {
        var (normalized, scale) = Forward(backend, tokens, batch, observer);
        using (normalized)
        using (scale)
        {
            using var logits = backend.Multiply(normalized, Unembed);
            if (Config.LogitCap is { } cap)
                backend.SoftCap(logits, cap);
            var values = new float[(long)batch.Positions * Config.DVocabOut];
            backend.Download(logits, values);
            return values;
        }
    }

    /// <summary>-log of the probability predicted for each target, [batch * position, 1]; 0 where the target is negative.</summary>
    /// <param name="normalized">What <see cref="Forward"/> returned.</param>
    public Tensor TokenLoss(IBackend backend, Tensor normalized, ReadOnlySpan<int> targets) =>
        backend.TokenLoss(normalized, Unembed, targets, Config.LogitCap);

    /// <summary>
    /// x + mlp0(ln2_0(x)) of the embedding's rows from <paramref name="firstToken"/> on: what a token is after the first MLP. [count,
    /// d_model].
    /// </summary>
    public Tensor PostMlpEmbedding(IBackend backend, int firstToken, int count)
    {
        var rows = backend.GatherRows(_embedding, [.. Enumerable.Range(firstToken, count)]);
        if (!Config.AttnOnly)
        {
            using var mlpOut = _blocks[0].MlpOut(rows, new ForwardContext(backend, new BatchShape(1, count), null));
            backend.Add(rows, mlpOut);
        }

        return rows;
    }

    internal TransformerBlock Block(int layer) => _blocks[layer];

    public void Dispose()
    {
        _embedding.Dispose();
        _positions?.Dispose();
        foreach (var block in _blocks)
            block.Dispose();
        LnFinal.Dispose();
        Unembed.Dispose();
    }

    void CheckTokens(ReadOnlySpan<int> tokens, BatchShape batch)
    {
        if (batch.Sequences < 1 || batch.Context < 1 || tokens.Length != batch.Positions)
            throw new ArgumentException($"{tokens.Length} tokens are not {batch.Sequences} sequences of {batch.Context}.", nameof(tokens));
        if (batch.Context > Config.NCtx)
            throw new ArgumentException(
                $"Sequences of {batch.Context} tokens are longer than the model's context, {Config.NCtx}.", nameof(batch));
        var wrong = tokens.IndexOfAnyExceptInRange(0, Config.DVocab - 1);
        if (wrong >= 0)
            throw new ArgumentException(
                $"Token {tokens[wrong]}, at position {wrong % batch.Context} of sequence {wrong / batch.Context}, is not in the " +
                $"vocabulary of {Config.DVocab}.", nameof(tokens));
    }

    static int[] PositionsOf(BatchShape batch)
    {
        var positions = new int[batch.Positions];
        for (var i = 0; i < positions.Length; i++)
            positions[i] = i % batch.Context;
        return positions;
    }
}
