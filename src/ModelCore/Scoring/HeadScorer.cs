using HeadScope.ModelCore.Compute;
using HeadScope.ModelCore.Model;
using HeadScope.ModelCore.Scoring.Sources;

namespace HeadScope.ModelCore.Scoring;

/// <summary>
/// Scores sequences: for every predicted position the chosen scores of every head, and the loss. Layer by layer, and vocabulary tile by
/// vocabulary tile: no array is [token, vocabulary]. Used by one thread.
/// </summary>
/// <remarks>
/// head_dla = z . (W_O W_U[:, t]) / scale needs W_O W_U for no token but the targets, so each target's unembedding is projected
/// back through W_O once per layer. Where a norm follows attention, its weight goes into W_O and its scale divides what is left.
/// </remarks>
/// <param name="means">Makes what <see cref="Scores.AblationMean"/> puts in a head's place; null where it is not asked for.</param>
public sealed class HeadScorer(Transformer model, IBackend backend, ScoreSelection selection, Func<MeanActivations>? means = null)
{
    /// <summary>The scores of a batch, in a table of its size.</summary>
    /// <inheritdoc cref="Start"/>
    public ScoreTable Score(ReadOnlySpan<int> tokens, BatchShape batch, ReadOnlySpan<int> others = default)
    {
        var table = new ScoreTable(selection, model.Config.HeadCount, batch.Context, batch.Sequences);
        using var started = Start(tokens, batch, table, 0, others);
        started.Finish();
        return table;
    }

    /// <summary>
    /// Asks the backend for the scores of a batch. One that runs ahead is not waited for: others may be started before this is finished.
    /// </summary>
    /// <param name="tokens">[batch * position], at least two tokens a sequence.</param>
    /// <param name="table">Gets the scores; it has room for them.</param>
    /// <param name="firstSequence">Where in the table the batch goes.</param>
    /// <param name="others">For <see cref="Scores.AblationResample"/>: the sequence in whose place each one's heads are put, [batch *
    /// position].</param>
    /// <exception cref="ArgumentException">A sequence is longer than n_ctx, or has a token outside the vocabulary.</exception>
    public StartedBatch Start(
        ReadOnlySpan<int> tokens, BatchShape batch, ScoreTable table, int firstSequence, ReadOnlySpan<int> others = default)
    {
        var lists = new Dictionary<SourceSet, SourceLists>();
        foreach (var set in table.Sets)
            lists.Add(set, set.ListsOf(tokens, batch));
        TokenFacts.Fill(tokens, batch, lists, table, firstSequence);

        var targets = TokenFacts.Targets(tokens, batch);
        var started = new StartedBatch(backend, batch, table, firstSequence);
        try
        {
            var outputs = selection.Stored.OfType<ForwardScore>()
                // [layer * head, batch * position].
                .Select(score => (Score: score, Values: started.Keep(backend.Allocate(model.Config.HeadCount, batch.Positions)))).ToList();
            var contributions = outputs.Where(output => output.Score.IsContribution).Select(output => output.Values).ToList();
            var scoring = ScoringOf(outputs, lists);
            // [batch * position, d_model].
            using var targetRows = scoring.NeedsTargetDirections ? backend.GatherOutputs(model.Unembed, targets) : null;
            using var ablations = HeadAblations.Of(selection, model, backend, started, targets, means, others, batch);
            using var pass = model.Begin(backend, tokens, batch);
            while (!pass.IsAtEnd)
            {
                // [batch * position, head * d_head].
                using var directions = targetRows is null ? null : model.TargetDirections(backend, pass.Layer, targetRows);
                using var z = pass.Attend(scoring.OfLayer(pass.Layer, model.Config.NHeads, directions));
                ablations?.Run(pass, z);
                pass.AddAttention(z, [.. contributions.Select(OfLayer)]);

                Tensor OfLayer(Tensor values) => values.SliceRows(pass.Layer * model.Config.NHeads, model.Config.NHeads);
            }

            var (normalized, scale) = pass.Finish();
            using (normalized)
            using (scale)
            {
                foreach (var values in contributions)
                {
                    if (scale is not null)
                        backend.DivideColumns(values, scale);
                }

                started.DownloadLoss(started.Keep(model.TokenLoss(backend, normalized, targets)));
            }

            foreach (var (score, values) in outputs)
                started.DownloadScore(score, values);
            return started;
        }
        catch
        {
            started.Dispose();
            throw;
        }
    }

    static HeadScoring ScoringOf(IEnumerable<(ForwardScore Score, Tensor Values)> outputs, Dictionary<SourceSet, SourceLists> lists)
    {
        var request = new ForwardRequest(set => lists[set]);
        foreach (var (score, values) in outputs)
            request.Add(score, values);
        return request.ToScoring();
    }
}
