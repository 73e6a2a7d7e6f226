using HeadScope.ModelCore.Scoring.Sources;

namespace HeadScope.ModelCore.Scoring;

/// <summary>Scores that somebody asks for, with those that they are made of.</summary>
public sealed class ScoreSelection
{
    /// <param name="scores">Of <see cref="ScoreCatalogue"/>, in any order.</param>
    public ScoreSelection(IEnumerable<Score> scores)
    {
        var wanted = scores.SelectMany(score => score.Parts.Append(score)).ToHashSet();
        Scores = [.. ScoreCatalogue.All.Where(wanted.Contains)];
        Stored = [.. Scores.OfType<StoredScore>()];
        Sets = [.. Stored.Select(score => score.ZeroWithout).OfType<SourceSet>().Distinct()];
    }

    /// <summary>The default scores.</summary>
    public static ScoreSelection Default { get; } = new(ScoreCatalogue.Default);

    /// <summary>All of them, in the catalogue's order.</summary>
    public IReadOnlyList<Score> Scores { get; }

    /// <summary>
    /// The score that heads are ordered by where one must be chosen: that of the catalogue, if it is among them, or else the first.
    /// </summary>
    public Score Headline => Scores.Contains(ScoreCatalogue.Headline) ? ScoreCatalogue.Headline : Scores[0];

    /// <summary>Those that are computed and stored; the others are made of them.</summary>
    public IReadOnlyList<StoredScore> Stored { get; }

    /// <summary>The sets without which some of the stored scores are 0.</summary>
    public IReadOnlyList<SourceSet> Sets { get; }

    /// <summary>The selection of names that a job gives.</summary>
    /// <exception cref="ArgumentException">A name is no score's, or there are none at all.</exception>
    public static ScoreSelection Of(IEnumerable<string> names)
    {
        var scores = names.Select(
            name => ScoreCatalogue.Find(name) ?? throw new ArgumentException(ScoreCatalogue.Unknown(name), nameof(names))).ToList();
        return scores.Count > 0 ? new ScoreSelection(scores) : throw new ArgumentException("At least one score is needed.", nameof(names));
    }

    /// <summary>A score's place in <see cref="Scores"/>.</summary>
    public int IndexOf(Score score)
    {
        for (var index = 0; index < Scores.Count; index++)
        {
            if (Scores[index] == score)
                return index;
        }

        throw new ArgumentException($"{score} is not among the scores of the selection: {string.Join(", ", Scores)}.", nameof(score));
    }

    /// <summary>A stored score's place in <see cref="Stored"/>.</summary>
    public int IndexOfStored(StoredScore score)
    {
        for (var index = 0; index < Stored.Count; index++)
        {
            if (Stored[index] == score)
                return index;
        }

        throw new ArgumentException($"{score} is not among the scores that are stored: {string.Join(", ", Stored)}.", nameof(score));
    }

    /// <summary>A set's place in <see cref="Sets"/>.</summary>
    public int IndexOf(SourceSet set)
    {
        for (var index = 0; index < Sets.Count; index++)
        {
            if (Sets[index] == set)
                return index;
        }

        throw new ArgumentException($"No score of the selection needs the set '{set.Name}'.", nameof(set));
    }
}
