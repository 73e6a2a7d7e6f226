using HeadScope.ModelCore.Compute;
using HeadScope.ModelCore.Scoring.Sources;

namespace HeadScope.ModelCore.Scoring;

/// <summary>Gathers what the scores of one batch need of its forward pass, so that one visit of a pattern serves them all.</summary>
/// <param name="lists">The batch's sources of a set.</param>
internal sealed class ForwardRequest(Func<SourceSet, SourceLists> lists)
{
    readonly Dictionary<SourceSet, SourceScoring> _sources = [];
    readonly List<PatternScoring> _patterns = [];
    Tensor? _contribution;
    Tensor _output = null!;

    /// <summary>Has a score computed into a tensor, [layer * head, batch * position].</summary>
    public void Add(ForwardScore score, Tensor output)
    {
        _output = output;
        score.Ask(this);
    }

    /// <summary>z . w</summary>
    public void Contribution() => _contribution = _output;

    /// <summary>The attention paid to a set.</summary>
    public void Attention(SourceSet set) => _sources[set] = Of(set) with { Attention = _output };

    /// <summary>z . w with the pattern restricted to a set.</summary>
    public void Contribution(SourceSet set) => _sources[set] = Of(set) with { Contribution = _output };

    /// <summary>A function of the pattern.</summary>
    public void Pattern(IPatternFunction function) => _patterns.Add(new PatternScoring(function, _output));

    /// <summary>All that was asked for, of all layers at once; the target directions are each layer's own.</summary>
    public HeadScoring ToScoring() => new() { Contribution = _contribution, Sources = [.. _sources.Values], Patterns = _patterns };

    SourceScoring Of(SourceSet set) => _sources.GetValueOrDefault(set) ?? new SourceScoring(lists(set), null, null);
}
