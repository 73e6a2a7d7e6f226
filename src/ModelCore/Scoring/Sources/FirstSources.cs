namespace HeadScope.ModelCore.Scoring.Sources;

/// <summary>The first token of the sequence.</summary>
public sealed class FirstSources : SourceSet
{
    public override string Name => "first";

    public override string Definition => "0";

    public override string KnownAs => "first-token heads, attention sinks (seed notebook 003; Xiao et al., arXiv:2309.17453)";

    public override void Find(ReadOnlySpan<int> tokens, int position, List<int> sources) => sources.Add(0);
}
