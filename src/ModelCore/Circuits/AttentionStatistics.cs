using HeadScope.ModelCore.Compute;
using HeadScope.ModelCore.Model;

namespace HeadScope.ModelCore.Circuits;

/// <summary>
/// Means over attention patterns that tell kinds of heads apart: how much a head attends to the current, the previous and the
/// first token, and to the token after the previous copy of the current one. One sequence's and layer's patterns are held at a time.
/// </summary>
public sealed class AttentionStatistics(Transformer model, IBackend backend)
{
    /// <summary>A head is said to do what a detector looks for where its score is above this (seed notebook 003).</summary>
    public const double DetectionThreshold = 0.4;

    /// <summary>Detector scores by kind, each [layer, sequence, head].</summary>
    public sealed record DetectorScores(float[] Current, float[] Previous, float[] First);

    /// <summary>Mean over a sequence's destinations of the attention to the token itself, to the one before, and to the first.</summary>
    /// <param name="tokens">[batch * position].</param>
    public DetectorScores Detect(ReadOnlySpan<int> tokens, BatchShape batch)
    {
        var context = batch.Context;
        var current = Diagonal(tokens, batch, 0);
        var previous = context > 1 ? Diagonal(tokens, batch, 1) : new float[current.Length];
        var first = Mean(tokens, batch, (pattern, start) =>
        {
            var sum = 0.0;
            for (var d = 0; d < context; d++)
                sum += pattern[start + d * context];
            return sum / context;
        });
        return new DetectorScores(current, previous, first);
    }

    /// <summary>
    /// The induction score, [layer * head]: on rows [BOS, r, r] with r of <paramref name="repeat"/> random tokens, the mean
    /// attention from each token to the one after its previous copy, <c>repeat - 1</c> back, over the whole diagonal and all rows.
    /// </summary>
    /// <param name="tokens">[batch * position], 2 * repeat + 1 tokens a row.</param>
    public float[] Induction(ReadOnlySpan<int> tokens, BatchShape batch, int repeat)
    {
        if (batch.Context != 2 * repeat + 1)
            throw new ArgumentException(
                $"Induction rows of {repeat} repeated tokens have {2 * repeat + 1} tokens, not {batch.Context}.", nameof(tokens));
        var bySequence = DiagonalMeans(tokens, batch, repeat - 1);
        var config = model.Config;
        var scores = new float[config.HeadCount];
        for (var i = 0; i < scores.Length; i++)
        {
            var (layer, head) = Math.DivRem(i, config.NHeads);
            var sum = 0.0;
            for (var row = 0; row < batch.Sequences; row++)
                sum += bySequence[(layer * batch.Sequences + row) * config.NHeads + head];
            scores[i] = (float)(sum / batch.Sequences);
        }

        return scores;
    }

    float[] Diagonal(ReadOnlySpan<int> tokens, BatchShape batch, int offset) =>
        [.. DiagonalMeans(tokens, batch, offset).Select(mean => (float)mean)];

    /// <summary>Mean of pattern[src + offset, src] over src.</summary>
    double[] DiagonalMeans(ReadOnlySpan<int> tokens, BatchShape batch, int offset)
    {
        var context = batch.Context;
        return Means(tokens, batch, (pattern, start) =>
        {
            var sum = 0.0;
            for (var src = 0; src + offset < context; src++)
                sum += pattern[start + (src + offset) * context + src];
            return sum / (context - offset);
        });
    }

    float[] Mean(ReadOnlySpan<int> tokens, BatchShape batch, Func<float[], int, double> statistic) =>
        [.. Means(tokens, batch, statistic).Select(mean => (float)mean)];

    /// <summary>A statistic of each pattern [dest, src], given the patterns and where the head's starts: [layer, sequence, head].</summary>
    double[] Means(ReadOnlySpan<int> tokens, BatchShape batch, Func<float[], int, double> statistic)
    {
        var heads = model.Config.NHeads;
        var means = new double[model.Config.NLayers * batch.Sequences * heads];
        for (var row = 0; row < batch.Sequences; row++)
        {
            var layer = 0;
            var observer = new PatternObserver(backend, pattern =>
            {
                for (var head = 0; head < heads; head++)
                    means[(layer * batch.Sequences + row) * heads + head] = statistic(pattern, head * batch.Context * batch.Context);
                layer++;
            });
            model.Observe(backend, tokens.Slice(row * batch.Context, batch.Context), batch with { Sequences = 1 }, observer);
        }

        return means;
    }
}
