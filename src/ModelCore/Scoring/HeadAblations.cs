using HeadScope.ModelCore.Compute;
using HeadScope.ModelCore.Model;

namespace HeadScope.ModelCore.Scoring;

/// <summary>
/// The ablations of one batch, layer by layer: the residual stream up to a head's layer is the whole model's, and only the layers above run
/// again.
/// </summary>
internal sealed class HeadAblations : IDisposable
{
    readonly IReadOnlyList<AblationScore> _scores;
    readonly Transformer _model;
    readonly IBackend _backend;
    readonly StartedBatch _started;
    readonly int[] _targets;
    readonly MeanActivations? _means;
    readonly ForwardPass? _others; // where resampled z comes from

    HeadAblations(
        IReadOnlyList<AblationScore> scores, Transformer model, IBackend backend, StartedBatch started, int[] targets,
        MeanActivations? means, ForwardPass? others) =>
        (_scores, _model, _backend, _started, _targets, _means, _others) = (scores, model, backend, started, targets, means, others);

    /// <summary>Null where no ablation is asked for.</summary>
    public static HeadAblations? Of(
        ScoreSelection selection, Transformer model, IBackend backend, StartedBatch started, int[] targets, Func<MeanActivations>? means,
        ReadOnlySpan<int> others, BatchShape batch)
    {
        var scores = selection.Stored.OfType<AblationScore>().ToList();
        if (scores.Count == 0)
            return null;
        var mean = !scores.Any(score => score.Replacement == Replacement.Mean) ? null
            : means?.Invoke() ?? throw new ArgumentException("Mean ablation needs the heads' mean activations.", nameof(means));
        var resamples = scores.Any(score => score.Replacement == Replacement.Resample);
        return new HeadAblations(scores, model, backend, started, targets, mean, resamples ? model.Begin(backend, others, batch) : null);
    }

    /// <summary>Runs what is asked of the heads of a layer.</summary>
    /// <param name="pass">After the first half of the layer's block.</param>
    /// <param name="z">The layer's, [batch * position, head * d_head].</param>
    public void Run(ForwardPass pass, Tensor z)
    {
        using var othersZ = _others?.Attend();
        using var zero = _backend.Upload(new float[z.Columns], 1, z.Columns);
        using var mean = _means is null ? null : _backend.Upload(_means[pass.Layer], 1, z.Columns);
        foreach (var score in _scores)
        {
            var source = score.Replacement switch
            {
                Replacement.Zero => zero,
                Replacement.Mean => mean!,
                Replacement.Resample => othersZ!,
                _ => throw new ArgumentOutOfRangeException(nameof(pass), score.Replacement, null),
            };
            for (var head = 0; head < _model.Config.NHeads; head++)
                _started.DownloadAblation(
                    score, pass.Layer * _model.Config.NHeads + head, _started.Keep(LossWithout(pass, z, head, source)));
        }

        if (othersZ is not null)
            _others!.AddAttention(othersZ);
    }

    public void Dispose() => _others?.Dispose();

    /// <summary>The loss when a head's part of z is that of <paramref name="source"/>, [batch * position, 1].</summary>
    Tensor LossWithout(ForwardPass pass, Tensor z, int head, Tensor source)
    {
        using var replaced = _backend.Clone(z);
        using (var part = replaced.SliceColumns(head * _model.Config.DHead, _model.Config.DHead))
        using (var replacement = source.SliceColumns(head * _model.Config.DHead, _model.Config.DHead))
            _backend.Copy(part, replacement);
        using var fork = pass.Fork();
        fork.AddAttention(replaced);
        while (!fork.IsAtEnd)
            fork.RunBlock();
        var (normalized, scale) = fork.Finish();
        using (normalized)
        using (scale)
            return _model.TokenLoss(_backend, normalized, _targets);
    }
}
