namespace HeadScope.ModelCore.Scoring.Sources;

/// <summary>The tokens that followed earlier copies of the current token.</summary>
public sealed class InductionSources : SourceSet
{
    public override string Name => "induction";

    public override string Definition => "s ≤ p with tokens[s - 1] = tokens[p]";

    public override string KnownAs => "induction heads on natural text (Olsson et al., arXiv:2209.11895)";

    public override void Find(ReadOnlySpan<int> tokens, int position, List<int> sources) =>
        AddMatches(tokens[..position], tokens[position], sources, shift: 1);
}
