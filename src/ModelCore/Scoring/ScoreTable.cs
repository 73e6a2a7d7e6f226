using HeadScope.ModelCore.Scoring.Sources;

namespace HeadScope.ModelCore.Scoring;

/// <summary>
/// The scores of up to so many sequences of T tokens, filled batch by batch: P = T - 1 predicted positions each. Position p of
/// sequence b scores the prediction of token p + 1 and has index <c>b * P + p</c>.
/// </summary>
public sealed class ScoreTable
{
    readonly float[][] _scores; // [score * heads + layer * heads per layer + head][position]
    readonly Dictionary<SourceSet, bool[]> _hasSources; // [position]
    readonly int[] _targets;
    readonly float[] _loss;
    readonly int[] _numCopies;
    readonly bool[] _isInduction;

    /// <param name="heads">Heads of all layers.</param>
    /// <param name="context">T: tokens of a sequence, at least 2.</param>
    /// <param name="capacity">Sequences there is room for.</param>
    public ScoreTable(ScoreSelection selection, int heads, int context, int capacity)
    {
        if (context < 2)
            throw new ArgumentException($"Sequences of {context} token predict nothing; at least 2 are needed.", nameof(context));
        (Selection, Heads, Context) = (selection, heads, context);
        var positions = capacity * PositionsPerSequence;
        _scores = [.. Enumerable.Range(0, selection.Stored.Count * heads).Select(_ => new float[positions])];
        _hasSources = selection.Sets.Append(MoverSources.Instance).Distinct().ToDictionary(set => set, _ => new bool[positions]);
        (_targets, _loss, _numCopies, _isInduction) = (new int[positions], new float[positions], new int[positions], new bool[positions]);
    }

    public ScoreSelection Selection { get; }

    /// <summary>The sets of which it is known where they have sources: those of the selection, and that of the target's copies.</summary>
    public IReadOnlyCollection<SourceSet> Sets => _hasSources.Keys;

    /// <summary>Heads of all layers.</summary>
    public int Heads { get; }

    /// <summary>T: tokens of a sequence.</summary>
    public int Context { get; }

    /// <summary>P: predicted positions of a sequence.</summary>
    public int PositionsPerSequence => Context - 1;

    /// <summary>Sequences filled.</summary>
    public int Sequences { get; internal set; }

    /// <summary>Positions filled.</summary>
    public int Positions => Sequences * PositionsPerSequence;

    /// <summary>The tokens predicted.</summary>
    public ReadOnlySpan<int> Targets => _targets.AsSpan(0, Positions);

    /// <summary>-log of the probability given to the target, in nats.</summary>
    public ReadOnlySpan<float> Loss => _loss.AsSpan(0, Positions);

    /// <summary>How many sources up to the position hold the target.</summary>
    public ReadOnlySpan<int> NumCopies => _numCopies.AsSpan(0, Positions);

    /// <summary>See <see cref="InductionMask"/>.</summary>
    public ReadOnlySpan<bool> IsInduction => _isInduction.AsSpan(0, Positions);

    /// <summary>A stored score of one head, [position].</summary>
    /// <param name="head">layer * heads per layer + head.</param>
    public ReadOnlySpan<float> this[StoredScore score, int head] =>
        _scores[Selection.IndexOfStored(score) * Heads + head].AsSpan(0, Positions);

    /// <summary>Whether one of <see cref="Sets"/> has any sources, [position].</summary>
    public ReadOnlySpan<bool> HasSources(SourceSet set) => _hasSources[set].AsSpan(0, Positions);

    /// <summary>A stored score of all heads, [layer * head, position].</summary>
    public float[] ToArray(StoredScore score)
    {
        var values = new float[Heads * Positions];
        for (var head = 0; head < Heads; head++)
            this[score, head].CopyTo(values.AsSpan(head * Positions));
        return values;
    }

    /// <summary>Forgets all that it was filled with.</summary>
    public void Clear() => Sequences = 0;

    /// <summary>Where a head's scores of some sequences go.</summary>
    internal Span<float> ScoresOf(int storedScore, int head, int firstSequence) =>
        _scores[storedScore * Heads + head].AsSpan(firstSequence * PositionsPerSequence);

    internal Span<float> LossOf(int firstSequence) => _loss.AsSpan(firstSequence * PositionsPerSequence);

    internal Span<int> TargetsOf(int firstSequence) => _targets.AsSpan(firstSequence * PositionsPerSequence);

    internal Span<int> NumCopiesOf(int firstSequence) => _numCopies.AsSpan(firstSequence * PositionsPerSequence);

    internal Span<bool> IsInductionOf(int firstSequence) => _isInduction.AsSpan(firstSequence * PositionsPerSequence);

    internal Span<bool> HasSourcesOf(SourceSet set, int firstSequence) => _hasSources[set].AsSpan(firstSequence * PositionsPerSequence);
}
