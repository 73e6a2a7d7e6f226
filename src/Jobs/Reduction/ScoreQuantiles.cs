using HeadScope.Jobs.Shards;
using HeadScope.ModelCore.Scoring;

namespace HeadScope.Jobs.Reduction;

/// <summary>Quantiles of every head and score, on all positions and on those that induction does not explain.</summary>
/// <param name="levels">Levels of the quantiles, the same for all.</param>
public sealed class ScoreQuantiles(ScoreSelection selection, int heads, IReadOnlyList<double> levels)
{
    readonly float[][] _values = new float[heads * selection.Scores.Count * Populations.Shown.Count][];

    public ScoreSelection Selection => selection;

    public IReadOnlyList<double> Levels => levels;

    /// <summary>The quantile of a level that was asked for, for each head.</summary>
    public float[] Column(Score score, Population population, double level)
    {
        var index = levels.Index().First(candidate => candidate.Item == level).Index;
        return [.. Enumerable.Range(0, heads).Select(head => this[head, score, population][index])];
    }

    /// <summary>[level].</summary>
    public float[] this[int head, Score score, Population population] => _values[Index(head, score, population)];

    internal void Set(int head, Score score, Population population, float[] values) => _values[Index(head, score, population)] = values;

    int Index(int head, Score score, Population population) =>
        (head * selection.Scores.Count + selection.IndexOf(score)) * Populations.Shown.Count + (population == Population.All ? 0 : 1);
}
