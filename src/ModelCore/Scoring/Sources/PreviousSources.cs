namespace HeadScope.ModelCore.Scoring.Sources;

/// <summary>The token before.</summary>
public sealed class PreviousSources : SourceSet
{
    public override string Name => "previous";

    public override string Definition => "p - 1";

    public override string KnownAs => "previous-token heads (seed notebook 003)";

    public override void Find(ReadOnlySpan<int> tokens, int position, List<int> sources)
    {
        if (position > 0)
            sources.Add(position - 1);
    }
}
