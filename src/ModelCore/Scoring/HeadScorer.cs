using HeadScope.ModelCore.Compute;
using HeadScope.ModelCore.Model;

namespace HeadScope.ModelCore.Scoring;

/// <summary>
/// Scores sequences: for every predicted position the direct logit attribution and the mover scores of every head, and the loss.
/// Layer by layer, and vocabulary tile by vocabulary tile: no array is [token, vocabulary].
/// </summary>
/// <remarks>
/// head_dla = z . (W_O W_U[:, t]) / scale needs W_O W_U for no token but the targets, so each target's unembedding is projected
/// back through W_O once per layer. Definitions: seed notebook 002, "Metrics". Used by one thread.
/// </remarks>
public sealed class HeadScorer(Transformer model, IBackend backend)
{
    readonly DownloadRoom _downloaded = new();

    public Transformer Model => model;

    /// <summary>Scores of <paramref name="batch"/> sequences; see the other overload.</summary>
    public TokenScores Score(ReadOnlySpan<int> tokens, BatchShape batch)
    {
        if (batch.Context < 2)
            throw new ArgumentException($"Sequences of {batch.Context} token predict nothing; at least 2 are needed.", nameof(batch));
        var scores = new TokenScores(batch, model.Config.HeadCount);
        Score(tokens, scores);
        return scores;
    }

    /// <param name="tokens">[batch * position], at least two tokens a sequence.</param>
    /// <param name="scores">Filled; it says what shape the batch has.</param>
    /// <exception cref="ArgumentException">A sequence is longer than n_ctx, or has a token outside the vocabulary.</exception>
    public void Score(ReadOnlySpan<int> tokens, TokenScores scores)
    {
        using var started = Start(tokens, scores);
        started.Finish();
    }

    /// <summary>
    /// As <see cref="Score(ReadOnlySpan{int}, TokenScores)"/>, without waiting for a backend that runs ahead: others may be started before
    /// this is finished.
    /// </summary>
    public StartedScores Start(ReadOnlySpan<int> tokens, TokenScores scores)
    {
        var batch = scores.Batch;
        var heads = model.Config.HeadCount;
        var targets = TokenMasks.Targets(tokens, batch);
        var copies = new CopySources(tokens, batch);
        TokenMasks.Fill(tokens, batch, copies, scores);

        var started = new StartedScores(backend, batch, _downloaded);
        try
        {
            using var targetRows = backend.GatherOutputs(model.Unembed, targets);
            var headDla = started.Keep(backend.Allocate(heads, batch.Positions));
            var moverAttn = started.Keep(backend.Allocate(heads, batch.Positions));
            var moverDla = started.Keep(backend.Allocate(heads, batch.Positions));
            var layers = new LayerScoring(targetRows, copies, model.Config.NHeads, headDla, moverAttn, moverDla);
            var (normalized, scale) = model.Forward(backend, tokens, batch, scoring: layers);
            using (normalized)
            using (scale)
            {
                if (scale is not null)
                {
                    backend.DivideColumns(headDla, scale);
                    backend.DivideColumns(moverDla, scale);
                }

                started.Download(started.Keep(backend.TokenLoss(normalized, model.Unembed, targets)), 1, scores.Loss);
            }

            started.Download(headDla, heads, scores.HeadDla);
            started.Download(moverAttn, heads, scores.MoverAttn);
            started.Download(moverDla, heads, scores.MoverDla);
            return started;
        }
        catch
        {
            started.Dispose();
            throw;
        }
    }
}
