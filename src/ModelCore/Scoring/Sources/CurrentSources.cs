namespace HeadScope.ModelCore.Scoring.Sources;

/// <summary>The token itself.</summary>
public sealed class CurrentSources : SourceSet
{
    public override string Name => "current";

    public override string Definition => "p";

    public override string KnownAs => "current-token heads (seed notebook 003)";

    public override void Find(ReadOnlySpan<int> tokens, int position, List<int> sources) => sources.Add(position);
}
