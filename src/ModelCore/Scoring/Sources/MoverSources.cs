namespace HeadScope.ModelCore.Scoring.Sources;

/// <summary>The earlier copies of the token to predict.</summary>
public sealed class MoverSources : SourceSet
{
    public static MoverSources Instance { get; } = new();

    public override string Name => "mover";

    public override string Definition => "s with tokens[s] = t";

    public override string KnownAs => "mover heads (seed notebook 002); name movers in Wang et al., arXiv:2211.00593";

    public override string RatioName => "dla_ratio";

    public override string RatioNoInductionName => "ratio_dla_no_ind";

    public override void Find(ReadOnlySpan<int> tokens, int position, List<int> sources) =>
        AddMatches(tokens[..(position + 1)], tokens[position + 1], sources);
}
