using System.Numerics.Tensors;
using HeadScope.ModelCore.Scoring;
using HeadScope.ModelCore.Scoring.Scores;
using HeadScope.ModelCore.Scoring.Sources;

namespace HeadScope.Jobs.Shards;

/// <summary>
/// Makes a shard's statistics of its scores. Counts in flat arrays, a head at a time, a row's like positions together. Used by one thread.
/// </summary>
/// <remarks>Sums have a fixed order: that of <see cref="SortedRow"/>.</remarks>
public sealed class ShardCounter(ScoreSelection selection)
{
    readonly ScoreTally _tally = new();
    float[] _values = [];
    float[] _divisors = [];

    public HeadStatistics Count(ScoreTable table, int firstRow, int examples)
    {
        var statistics = new HeadStatistics(selection, table.Heads, examples);
        var rows = Enumerable.Range(0, table.Sequences).Select(row => new SortedRow(table, row)).ToArray();
        if (_values.Length < table.PositionsPerSequence)
            (_values, _divisors) = (new float[table.PositionsPerSequence], new float[table.PositionsPerSequence]);
        for (var head = 0; head < table.Heads; head++)
        {
            for (var score = 0; score < selection.Scores.Count; score++)
            {
                for (var population = Population.NoInduction; population <= Population.Induction; population++)
                {
                    _tally.Begin(statistics[head, score, population]);
                    Count(table, selection.Scores[score], head, rows, population, firstRow);
                    _tally.End();
                }
            }
        }

        return statistics;
    }

    void Count(ScoreTable table, Score score, int head, SortedRow[] rows, Population population, int firstRow)
    {
        switch (score)
        {
            case StoredScore { ZeroWithout: null } stored:
                CountAll(table[stored, head], rows, population, firstRow);
                break;
            case StoredScore { ZeroWithout: { } set } stored:
                CountPart(table[stored, head], set, rows, population, firstRow);
                break;
            case SourceRatio ratio:
                CountRatio(
                    table[ratio.Numerator, head], table[ratio.Denominator, head], ratio.Numerator.ZeroWithout!, rows, population, firstRow);
                break;
            default:
                throw new InvalidOperationException($"There is no way to count {score}.");
        }
    }

    /// <summary>A score that is stored everywhere.</summary>
    void CountAll(ReadOnlySpan<float> values, SortedRow[] rows, Population population, int firstRow)
    {
        foreach (var (row, sorted) in rows.Index())
        {
            foreach (var positions in sorted.All(population))
                _tally.Add(Gather(values, sorted.Start, positions, _values), positions, firstRow + row);
            _tally.EndRow();
        }
    }

    /// <summary>A score that is 0 where a set has no sources.</summary>
    void CountPart(ReadOnlySpan<float> values, SourceSet set, SortedRow[] rows, Population population, int firstRow)
    {
        foreach (var (row, sorted) in rows.Index())
        {
            var with = sorted.With(set, population);
            _tally.Add(Gather(values, sorted.Start, with, _values), with, firstRow + row);
            _tally.AddZeros(sorted.Without(set, population), firstRow + row);
            _tally.EndRow();
        }
    }

    /// <summary>A ratio whose numerator is 0 where a set has no sources.</summary>
    void CountRatio(
        ReadOnlySpan<float> numerators, ReadOnlySpan<float> denominators, SourceSet set, SortedRow[] rows, Population population,
        int firstRow)
    {
        foreach (var (row, sorted) in rows.Index())
        {
            var (with, without) = (sorted.With(set, population), sorted.Without(set, population));
            var quotients = Gather(numerators, sorted.Start, with, _values);
            TensorPrimitives.Divide(quotients, Gather(denominators, sorted.Start, with, _divisors), quotients);
            _tally.Add(quotients, with, firstRow + row);

            var divisors = Gather(denominators, sorted.Start, without, _divisors);
            if (divisors.IsEmpty || TensorPrimitives.MinMagnitude<float>(divisors) is not (0 or float.NaN))
            {
                _tally.AddZeros(without, firstRow + row);
            }
            else
            {
                TensorPrimitives.Divide(0, divisors, divisors); // 0 / 0 is no number
                _tally.Add(divisors, without, firstRow + row);
            }

            _tally.EndRow();
        }
    }

    static Span<float> Gather(ReadOnlySpan<float> values, int start, ReadOnlySpan<int> positions, float[] gathered)
    {
        for (var i = 0; i < positions.Length; i++)
            gathered[i] = values[start + positions[i]];
        return gathered.AsSpan(0, positions.Length);
    }
}
