using HeadScope.ModelCore.Scoring;
using HeadScope.ModelCore.Scoring.Sources;

namespace HeadScope.Jobs.Shards;

/// <summary>A row's positions, by population and by whether sets of sources are empty there.</summary>
internal sealed class SortedRow
{
    readonly Dictionary<SourceSet, int[][]> _bySet = []; // [population * 2 + 1 where there are sources]
    readonly int[][][] _all; // [population][part]

    public SortedRow(ScoreTable table, int row)
    {
        Start = row * table.PositionsPerSequence;
        var isInduction = table.IsInduction.Slice(Start, table.PositionsPerSequence);
        foreach (var set in table.Sets)
            _bySet.Add(set, Sort(isInduction, table.HasSources(set).Slice(Start, table.PositionsPerSequence)));
        var byCopies = _bySet[MoverSources.Instance];
        _all = [[byCopies[0], byCopies[1]], [byCopies[2], byCopies[3]]];
    }

    /// <summary>Where the row's positions start in the table.</summary>
    public int Start { get; }

    /// <summary>
    /// The positions of a population, in two parts, in the order in which they are summed: those without a copy of the target come first.
    /// </summary>
    public int[][] All(Population population) => _all[(int)population];

    /// <summary>The positions of a population where a set has sources.</summary>
    public int[] With(SourceSet set, Population population) => _bySet[set][(int)population * 2 + 1];

    /// <summary>The positions of a population where a set has none.</summary>
    public int[] Without(SourceSet set, Population population) => _bySet[set][(int)population * 2];

    static int[][] Sort(ReadOnlySpan<bool> isInduction, ReadOnlySpan<bool> hasSources)
    {
        var sorted = new List<int>[2 * Populations.Counted];
        for (var i = 0; i < sorted.Length; i++)
            sorted[i] = new List<int>(isInduction.Length);
        for (var p = 0; p < isInduction.Length; p++)
            sorted[(int)(isInduction[p] ? Population.Induction : Population.NoInduction) * 2 + (hasSources[p] ? 1 : 0)].Add(p);
        return [.. sorted.Select(positions => positions.ToArray())];
    }
}
