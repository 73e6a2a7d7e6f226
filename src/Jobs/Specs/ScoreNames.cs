using HeadScope.ModelCore.Scoring;

namespace HeadScope.Jobs.Specs;

/// <summary>How people name the scores they want.</summary>
public static class ScoreNames
{
    /// <summary>The name of all default scores.</summary>
    public const string Default = "default";

    /// <summary>The name of all scores of the catalogue.</summary>
    public const string All = "all";

    /// <summary>The scores of these names, and what they are made of.</summary>
    /// <param name="faults">Gets what is wrong with them.</param>
    public static ScoreSelection Select(IEnumerable<string> names, ICollection<string> faults)
    {
        var (scores, before) = (new List<Score>(), faults.Count);
        foreach (var name in names)
        {
            if (name == Default)
                scores.AddRange(ScoreCatalogue.Default);
            else if (name == All)
                scores.AddRange(ScoreCatalogue.All);
            else if (ScoreCatalogue.Find(name) is { } score)
                scores.Add(score);
            else
                faults.Add($"scores: {ScoreCatalogue.Unknown(name)}; {Default} and {All} name several.");
        }

        if (scores.Count == 0 && faults.Count == before)
            faults.Add($"scores: at least one is needed; expected names such as {ScoreCatalogue.All[0].Name}, or {Default}.");
        return new ScoreSelection(scores);
    }
}
