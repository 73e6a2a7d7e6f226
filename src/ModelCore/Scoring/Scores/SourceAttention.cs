using HeadScope.ModelCore.Scoring.Sources;

namespace HeadScope.ModelCore.Scoring.Scores;

/// <summary>The attention that a head pays to a set of sources.</summary>
public sealed class SourceAttention(SourceSet set) : ForwardScore
{
    public override string Name => $"{set.Name}_attn";

    public override string Formula => $"sum over s in S(p) of pattern[l,b,h,p,s]; S(p): {set.Definition}";

    public override string Reference => set.KnownAs;

    public override SourceSet ZeroWithout => set;

    internal override void Ask(ForwardRequest request) => request.Attention(set);
}
