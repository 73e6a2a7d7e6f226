using HeadScope.ModelCore.Scoring.Scores;
using HeadScope.ModelCore.Scoring.Sources;

namespace HeadScope.ModelCore.Scoring;

/// <summary>
/// All scores there are: those of every <see cref="SourceSet"/> and every other <see cref="Score"/> of this assembly that has a
/// constructor without parameters. The default ones come first, the others by name.
/// </summary>
public static class ScoreCatalogue
{
    static readonly Dictionary<string, Score> ByName = Make().ToDictionary(score => score.Name, StringComparer.Ordinal);

    /// <summary>What is computed unless a job says otherwise: the notebook's scores (seed notebook 002).</summary>
    public static IReadOnlyList<Score> Default { get; } = Named("head_dla", "mover_attn", "mover_dla", "dla_ratio");

    /// <summary>The score that heads are ordered by where one must be chosen.</summary>
    public static Score Headline { get; } = ByName["mover_dla"];

    public static IReadOnlyList<Score> All { get; } =
        [.. Default, .. ByName.Values.Except(Default).OrderBy(score => score.Name, StringComparer.Ordinal)];

    /// <summary>The score of a name; null where there is none.</summary>
    public static Score? Find(string name) => ByName.GetValueOrDefault(name);

    /// <summary>What to say of a name that no score has.</summary>
    public static string Unknown(string name) =>
        $"there is no score '{name}'{Suggestion.For(name, ByName.Keys)}; there are {string.Join(", ", All)}";

    static Score[] Named(params string[] names) => [.. names.Select(name => ByName[name])];

    static IEnumerable<Score> Make() => Instances<Score>().Concat(Instances<SourceSet>().SelectMany(OfSet));

    static IEnumerable<Score> OfSet(SourceSet set)
    {
        var contribution = new SourceContribution(set);
        return [new SourceAttention(set), contribution, new SourceRatio(set, contribution)];
    }

    static IEnumerable<T> Instances<T>() => typeof(ScoreCatalogue).Assembly.GetTypes()
        .Where(type => typeof(T).IsAssignableFrom(type) && !type.IsAbstract && type.GetConstructor(Type.EmptyTypes) is not null)
        .Select(type => (T)(type.GetProperty(nameof(HeadDla.Instance))?.GetValue(null) ?? Activator.CreateInstance(type)!));
}
