namespace HeadScope.ModelCore.Compute;

/// <summary>
/// The per-head scores of one layer that a backend computes while a head's attention pattern is at hand. With
/// w[n, h] = W_O[h] W_U[:, target of n], a head's contribution to its target's logit is z . w. Nothing here is divided by the
/// final norm's scale, which is known only after the last layer. Every output is [head, batch * position].
/// </summary>
public sealed record HeadScoring
{
    /// <summary>w: [batch * position, head * d_head]. Needed where a contribution is asked for.</summary>
    public Tensor? TargetDirections { get; init; }

    /// <summary>Gets z . w; null where nobody wants it.</summary>
    public Tensor? Contribution { get; init; }

    /// <summary>What is asked of sets of sources.</summary>
    public IReadOnlyList<SourceScoring> Sources { get; init; } = [];

    /// <summary>What is asked of whole patterns.</summary>
    public IReadOnlyList<PatternScoring> Patterns { get; init; } = [];

    /// <summary>Whether anything needs <see cref="TargetDirections"/>.</summary>
    public bool NeedsTargetDirections => Contribution is not null || Sources.Any(asked => asked.Contribution is not null);

    /// <summary>One layer's part of what is asked of all layers, whose outputs are [layer * head, batch * position].</summary>
    public HeadScoring OfLayer(int layer, int headsPerLayer, Tensor? targetDirections)
    {
        return new HeadScoring
        {
            TargetDirections = targetDirections,
            Contribution = Part(Contribution),
            Sources = [.. Sources.Select(
                asked => asked with { Attention = Part(asked.Attention), Contribution = Part(asked.Contribution) })],
            Patterns = [.. Patterns.Select(asked => asked with { Values = Part(asked.Values)! })],
        };

        Tensor? Part(Tensor? all) => all?.SliceRows(layer * headsPerLayer, headsPerLayer);
    }
}

/// <summary>What is asked of one set of sources.</summary>
/// <param name="Attention">Gets sum over s in S of pattern[s]; null where nobody wants it.</param>
/// <param name="Contribution">Gets (sum over s in S of pattern[s] v[s]) . w; null where nobody wants it.</param>
public sealed record SourceScoring(SourceLists Sources, Tensor? Attention, Tensor? Contribution);

/// <summary>A function of a head's attention pattern, destination by destination.</summary>
public sealed record PatternScoring(IPatternFunction Function, Tensor Values);

/// <summary>A function of the attention that one destination pays.</summary>
public interface IPatternFunction
{
    /// <summary>The formula. Backends use it as it is, unless they have <see cref="Operation"/> themselves.</summary>
    /// <param name="pattern">The attention paid to sources 0 .. p or, in bidirectional models, to all; 0 outside a window.</param>
    /// <param name="position">p, the destination.</param>
    T Of<T>(ReadOnlySpan<T> pattern, int position)
        where T : System.Numerics.IFloatingPointIeee754<T>;

    /// <summary>The same function as an operation that backends may have a fast way for.</summary>
    PatternOperation Operation => PatternOperation.Other;
}

/// <summary>Functions of a pattern that backends may have a fast way for.</summary>
public enum PatternOperation
{
    /// <summary>None of these: the formula is computed row by row.</summary>
    Other,

    /// <summary>-sum of x log x, in nats, where 0 log 0 = 0.</summary>
    Entropy,

    /// <summary>Sum over s of pattern[s] (p - s).</summary>
    MeanDistance,

    /// <summary>The largest.</summary>
    Max,

    /// <summary>The largest but that of source 0; 0 where there is no other.</summary>
    MaxButFirst,
}
