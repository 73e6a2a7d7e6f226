using HeadScope.ModelCore.Compute;
using HeadScope.ModelCore.Model;
using HeadScope.ModelCore.Scoring;

namespace HeadScope.Tests.Support;

/// <summary>Scores as the oracle has them.</summary>
public static class ScoreArrays
{
    /// <summary>What the oracle calls the loss.</summary>
    public const string Loss = "per_token_loss";

    /// <summary>The default scores and the loss.</summary>
    public static IReadOnlyList<string> Default { get; } = ["head_dla", "mover_attn", "mover_dla", Loss];

    /// <summary>A stored score, [layer * head, batch * (position - 1)], or the loss, [batch * (position - 1)].</summary>
    public static float[] Of(this ScoreTable table, string name) =>
        name == Loss ? [.. table.Loss] : table.ToArray((StoredScore)ScoreCatalogue.Find(name)!);

    /// <summary>The default scores.</summary>
    public static ScoreTable Score(Transformer model, IBackend backend, ReadOnlySpan<int> tokens, BatchShape batch) =>
        new HeadScorer(model, backend, ScoreSelection.Default).Score(tokens, batch);
}
