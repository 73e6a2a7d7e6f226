using HeadScope.ModelCore.Scoring.Sources;

namespace HeadScope.ModelCore.Scoring.Scores;

/// <summary><see cref="HeadDla"/> with the attention pattern restricted to a set of sources.</summary>
public sealed class SourceContribution(SourceSet set) : ForwardScore
{
    public override string Name => $"{set.Name}_dla";

    public override string Formula => $"head_dla with the pattern restricted to S(p): {set.Definition}";

    public override string Reference => set.KnownAs;

    public override SourceSet ZeroWithout => set;

    internal override bool IsContribution => true;

    internal override void Ask(ForwardRequest request) => request.Contribution(set);
}
