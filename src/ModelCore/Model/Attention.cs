using HeadScope.ModelCore.Compute;

namespace HeadScope.ModelCore.Model;

/// <summary>
/// Multi-head attention of one block. Queries, keys and values come from one product where they read the same input; with
/// shortformer positions values read another.
/// </summary>
internal sealed class Attention : IDisposable
{
    readonly ModelConfig _config;
    readonly int _layer;
    readonly string _name;
    readonly Rotary? _rotary;
    readonly Matrix _queryKey; // outputs: queries, keys and, if _value is null, values
    readonly Norm? _queryNorm;
    readonly Norm? _keyNorm;
    readonly Matrix? _value;
    readonly Matrix _output; // [head * d_head, d_model]
    readonly Matrix _writingTransposed; // [d_model, head * d_head]: what heads write with

    public Attention(IBackend backend, ModelConfig config, int layer, BlockWeights weights, Rotary? rotary)
    {
        _config = config;
        _layer = layer;
        _name = $"blocks.{layer}.attn";
        _rotary = rotary;
        if (config.PositionalEmbedding == PositionalEmbedding.Shortformer)
        {
            _queryKey = Fuse(backend, (weights.WQ, weights.BQ), (weights.WK, weights.BK));
            _value = Fuse(backend, (weights.WV, weights.BV));
        }
        else
        {
            _queryKey = Fuse(backend, (weights.WQ, weights.BQ), (weights.WK, weights.BK), (weights.WV, weights.BV));
        }

        _queryNorm = NormOf(backend, weights.QNorm);
        _keyNorm = NormOf(backend, weights.KNorm);
        _output = backend.Load(weights.WO, QueryWidth, config.DModel, weights.BO);
        _writingTransposed = backend.Load(weights.WritingWeights(), config.DModel, QueryWidth, transposed: true);
    }

    int QueryWidth => _config.NHeads * _config.DHead;

    int KeyWidth => _config.NKeyValueHeads * _config.DHead;

    /// <summary>z = pattern . v, what each head mixes: [batch * position, head * d_head].</summary>
    /// <param name="normalized">ln1's output.</param>
    /// <param name="scoring">Per-head scores to compute on the way, by way of <see cref="TargetDirections"/>.</param>
    public Tensor Mix(Tensor normalized, ForwardContext context, HeadScoring? scoring)
    {
        var backend = context.Backend;
        Tensor? input = null;
        if (context.Positions is not null)
        {
            input = backend.Clone(normalized);
            backend.Add(input, context.Positions);
        }

        using var projected = backend.Multiply(input ?? normalized, _queryKey);
        input?.Dispose();
        using var separateValues = _value is null ? null : backend.Multiply(normalized, _value);
        using var query = projected.SliceColumns(0, QueryWidth);
        using var key = projected.SliceColumns(QueryWidth, KeyWidth);
        using var value = separateValues ?? projected.SliceColumns(QueryWidth + KeyWidth, KeyWidth);
        context.Observe($"{_name}.hook_q", query, _config.NHeads, _config.DHead);
        context.Observe($"{_name}.hook_k", key, _config.NKeyValueHeads, _config.DHead);
        context.Observe($"{_name}.hook_v", value, _config.NKeyValueHeads, _config.DHead);
        if (_config.QueryKeyNorm != QueryKeyNorm.None)
        {
            var all = _config.QueryKeyNorm == QueryKeyNorm.AllHeads;
            backend.NormalizeRuns(query, all ? QueryWidth : _config.DHead, _queryNorm!);
            backend.NormalizeRuns(key, all ? KeyWidth : _config.DHead, _keyNorm!);
        }

        if (_rotary is not null)
        {
            backend.Rotate(query, _config.DHead, context.Batch, _rotary);
            backend.Rotate(key, _config.DHead, context.Batch, _rotary);
            context.Observe($"{_name}.hook_rot_q", query, _config.NHeads, _config.DHead);
            context.Observe($"{_name}.hook_rot_k", key, _config.NKeyValueHeads, _config.DHead);
        }

        var hooks = new AttentionHooks
        {
            Scores = Hook(context, "hook_attn_scores"),
            Pattern = Hook(context, "hook_pattern"),
            Scoring = scoring,
        };
        var inputs = new AttentionInputs(
            query, key, value, context.Batch, _config.Heads, _config.ScoreFactor(_layer), _config.Causal, _config.WindowOf(_layer),
            _config.ScoreCap);
        var z = backend.Attend(inputs, hooks);
        Show(context, "hook_attn_scores", hooks.Scores);
        Show(context, "hook_pattern", hooks.Pattern);
        context.Observe($"{_name}.hook_z", z, _config.NHeads, _config.DHead);
        if (context.Wants($"{_name}.hook_result"))
            ObserveResult(z, context);
        return z;
    }

    /// <summary>What attention makes of z: z W_O + b_O, [batch * position, d_model].</summary>
    public Tensor Output(Tensor z, IBackend backend) => backend.Multiply(z, _output);

    /// <summary>
    /// W_O[h] W_U[:, target] for each target direction W_U[:, target], [n, d_model]: [n, head * d_head]; where a norm follows attention,
    /// with its weight.
    /// </summary>
    public Tensor TargetDirections(IBackend backend, Tensor targets) => backend.Multiply(targets, _writingTransposed);

    /// <summary>What a head writes with: W_O[h], times the weight of the norm after attention if there is one. [d_head, d_model]</summary>
    public Matrix WritingWeights(IBackend backend, int head)
    {
        int size = _config.DHead, model = _config.DModel;
        using var rows = backend.GatherOutputs(_writingTransposed, [.. Enumerable.Range(head * size, size)]);
        var weights = new float[size * model];
        backend.Download(rows, weights);
        return backend.Load(weights, size, model);
    }

    public void Dispose()
    {
        _queryKey.Dispose();
        _value?.Dispose();
        _output.Dispose();
        _writingTransposed.Dispose();
        _queryNorm?.Dispose();
        _keyNorm?.Dispose();
    }

    Tensor? Hook(ForwardContext context, string hook) => context.Wants($"{_name}.{hook}")
        ? context.Backend.Allocate(context.Batch.Positions * _config.NHeads, context.Batch.Context)
        : null;

    void Show(ForwardContext context, string hook, Tensor? values)
    {
        if (values is null)
            return;
        context.ObserveAttention($"{_name}.{hook}", values, _config.NHeads);
        values.Dispose();
    }

    /// <summary>z[h] W_O[h] of each head, before any norm, [batch, position, head, d_model]: computed only for those who ask.</summary>
    void ObserveResult(Tensor z, ForwardContext context)
    {
        int size = _config.DHead, model = _config.DModel;
        var results = new float[(long)z.Rows * _config.NHeads * model];
        var part = new float[z.Rows * model];
        var byFeature = new float[model * QueryWidth]; // W_O transposed: [d_model, head * d_head]
        using (var gathered = context.Backend.GatherOutputs(_output, [.. Enumerable.Range(0, model)]))
            context.Backend.Download(gathered, byFeature);
        var weights = new float[model * size];
        for (var head = 0; head < _config.NHeads; head++)
        {
            for (var d = 0; d < model; d++)
                byFeature.AsSpan(d * QueryWidth + head * size, size).CopyTo(weights.AsSpan(d * size));
            using var matrix = context.Backend.Load(weights, size, model, transposed: true);
            using var slice = z.SliceColumns(head * size, size);
            using var result = context.Backend.Multiply(slice, matrix);
            context.Backend.Download(result, part);
            for (var row = 0; row < z.Rows; row++)
                part.AsSpan(row * model, model).CopyTo(results.AsSpan((row * _config.NHeads + head) * model));
        }

        using var tensor = context.Backend.Upload(results, z.Rows, _config.NHeads * model);
        context.Observe($"{_name}.hook_result", tensor, _config.NHeads, model);
    }

    Norm? NormOf(IBackend backend, NormWeights? weights) => _config.QueryKeyNorm == QueryKeyNorm.None ? null : new Norm(
        NormKind.Rms, _config.Epsilon,
        weights is null ? null : backend.Upload(weights.W, 1, weights.W.Length), Bias: null);

    /// <summary>Projections [head, d_model, d_head] side by side as one matrix [d_model, heads * d_head].</summary>
    Matrix Fuse(IBackend backend, params (float[] Weights, float[] Biases)[] parts)
    {
        int model = _config.DModel, size = _config.DHead;
        var width = parts.Sum(part => part.Biases.Length);
        var fused = new float[model * width];
        var column = 0;
        foreach (var (weights, biases) in parts)
        {
            for (var head = 0; head < biases.Length / size; head++, column += size)
            {
                for (var d = 0; d < model; d++)
                    weights.AsSpan((head * model + d) * size, size).CopyTo(fused.AsSpan(d * width + column));
            }
        }

        return backend.Load(fused, model, width, parts.SelectMany(part => part.Biases).ToArray());
    }
}
