namespace HeadScope.ModelCore.Compute;

/// <summary>All that one attention layer reads.</summary>
/// <param name="Query">[batch * dest, head * d_head], rotated already where the model rotates.</param>
/// <param name="Key">[batch * src, key-value head * d_head], likewise.</param>
/// <param name="Value">[batch * src, key-value head * d_head].</param>
/// <param name="Scale">What query-key products are multiplied by: 1 / sqrt(d_head) as a rule.</param>
/// <param name="Causal">Whether source j is visible from destination i only where j ≤ i.</param>
/// <param name="Window">Where given, source j is visible from i only where i - j &lt; window.</param>
/// <param name="Cap">Where given, a scaled product x becomes Cap tanh(x / Cap).</param>
public readonly record struct AttentionInputs(
    Tensor Query, Tensor Key, Tensor Value, BatchShape Batch, HeadShape Heads, float Scale, bool Causal = true, int? Window = null,
    float? Cap = null)
{
    /// <summary>The visible sources of a destination: from First up to but without End.</summary>
    public (int First, int End) VisibleSources(int destination)
    {
        var first = Window is { } window ? Math.Max(0, destination - window + 1) : 0;
        return (first, Causal ? destination + 1 : Batch.Context);
    }
}

/// <summary>What a caller wants of attention beside z. Each tensor that is present is filled.</summary>
public sealed class AttentionHooks
{
    /// <summary>[batch * head * dest, src]: scaled products, capped where they are, -inf where a source is not visible.</summary>
    public Tensor? Scores { get; init; }

    /// <summary>[batch * head * dest, src]: softmax of the scores.</summary>
    public Tensor? Pattern { get; init; }

    /// <summary>Per-head scores, computed while the pattern is at hand.</summary>
    public HeadScoring? Scoring { get; init; }
}
