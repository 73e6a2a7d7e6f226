namespace HeadScope.ModelCore.Compute;

/// <summary>All that one attention layer reads.</summary>
/// <param name="Query">[batch * dest, head * d_head], rotated already where the model rotates.</param>
/// <param name="Key">[batch * src, key-value head * d_head], likewise.</param>
/// <param name="Value">[batch * src, key-value head * d_head].</param>
/// <param name="Scale">What query-key products are multiplied by: 1 / sqrt(d_head) as a rule.</param>
/// <param name="Causal">Whether source j is visible from destination i only where j ≤ i.</param>
/// <param name="Window">Where given, source j is visible from i only where i - j &lt; window.</param>
public readonly record struct AttentionInputs(
    Tensor Query, Tensor Key, Tensor Value, BatchShape Batch, HeadShape Heads, float Scale, bool Causal = true, int? Window = null)
{
    /// <summary>The visible sources of a destination: from First up to but without End.</summary>
    public (int First, int End) VisibleSources(int destination)
    {
        var first = Window is { } window ? Math.Max(0, destination - window + 1) : 0;
        return (first, Causal ? destination + 1 : Batch.Context);
    }
}

/// <summary>What a caller wants of attention beside z. Each tensor that is present is filled.</summary>
public sealed class AttentionTaps
{
    /// <summary>No more than z.</summary>
    public static AttentionTaps None { get; } = new();

    /// <summary>[batch * head * dest, src]: scaled products, -inf where a source is not visible.</summary>
    public Tensor? Scores { get; init; }

    /// <summary>[batch * head * dest, src]: softmax of the scores.</summary>
    public Tensor? Pattern { get; init; }

    /// <summary>Per-head scores, computed while the pattern is at hand.</summary>
    public CopyScoring? Copying { get; init; }
}

/// <summary>
/// The inputs and outputs of one layer's direct logit attribution. With w[n, h] = W_O[h] W_U[:, target of n]:
/// <c>HeadDla = z . w</c>, <c>MoverAttn</c> = the attention paid to copies of the target, <c>MoverDla</c> = HeadDla with the
/// pattern restricted to those copies. None is divided by the final norm's scale, which is known only after the last layer.
/// </summary>
/// <param name="TargetDirections">w: [batch * position, head * d_head].</param>
/// <param name="HeadDla">[head, batch * position].</param>
/// <param name="MoverAttn">[head, batch * position].</param>
/// <param name="MoverDla">[head, batch * position].</param>
public sealed record CopyScoring(Tensor TargetDirections, CopySources Copies, Tensor HeadDla, Tensor MoverAttn, Tensor MoverDla);

/// <summary>
/// For each position of a batch, the sources at or before it that hold the token it should predict. A sparse boolean
/// [batch, dest, src] in compressed rows: most destinations have no copy at all.
/// </summary>
public sealed class CopySources
{
    readonly int[] _offsets;
    readonly int[] _sources;

    /// <param name="tokens">[batch * position].</param>
    public CopySources(ReadOnlySpan<int> tokens, BatchShape batch)
    {
        Batch = batch;
        _offsets = new int[batch.Positions + 1];
        var sources = new List<int>(batch.Positions * 4);
        for (var row = 0; row < batch.Rows; row++)
        {
            var sequence = tokens.Slice(row * batch.Context, batch.Context);
            for (var destination = 0; destination < batch.Context; destination++)
            {
                if (destination + 1 < batch.Context)
                {
                    var target = sequence[destination + 1];
                    var visible = sequence[..(destination + 1)];
                    for (var from = 0; ;)
                    {
                        var next = visible[from..].IndexOf(target);
                        if (next < 0)
                            break;
                        sources.Add(from + next);
                        from += next + 1;
                    }
                }

                _offsets[row * batch.Context + destination + 1] = sources.Count;
            }
        }

        _sources = [.. sources];
    }

    public BatchShape Batch { get; }

    /// <summary>The sources, ascending, whose token is the target of activation row <paramref name="position"/>; a row's last position has no target.</summary>
    public ReadOnlySpan<int> Of(int position) => _sources.AsSpan(_offsets[position].._offsets[position + 1]);

    /// <summary>How many (destination, source) pairs there are in all.</summary>
    public int Count => _sources.Length;
}
