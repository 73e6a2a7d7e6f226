namespace HeadScope.ModelCore.Scoring.Sources;

/// <summary>The earlier copies of the current token.</summary>
public sealed class DuplicateSources : SourceSet
{
    public override string Name => "duplicate";

    public override string Definition => "s < p with tokens[s] = tokens[p]";

    public override string KnownAs => "duplicate-token heads (Wang et al., arXiv:2211.00593)";

    public override void Find(ReadOnlySpan<int> tokens, int position, List<int> sources) =>
        AddMatches(tokens[..position], tokens[position], sources);
}
