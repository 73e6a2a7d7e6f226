using System.Numerics.Tensors;
using HeadScope.ModelCore.Statistics;

namespace HeadScope.Jobs.Shards;

/// <summary>Makes a shard's statistics of its scores. Counts in flat arrays, a head at a time, a row's like positions together. Used by one thread.</summary>
public sealed class ShardCounter
{
    readonly Tally[] _tallies = [.. Enumerable.Range(0, ScoreNames.Scores * ScoreNames.CountedPopulations).Select(_ => new Tally())];

    public HeadStatistics Count(ShardScores scores, int firstRow, int examples)
    {
        var statistics = new HeadStatistics(scores.Heads, examples);
        var rows = Enumerable.Range(0, scores.Rows).Select(row => new SortedRow(scores, row)).ToArray();
        var buffers = new Buffers(scores.PositionsPerRow);
        for (var head = 0; head < scores.Heads; head++)
        {
            for (var i = 0; i < _tallies.Length; i++)
                _tallies[i].Begin(statistics[head, (Score)(i / ScoreNames.CountedPopulations), (Population)(i % ScoreNames.CountedPopulations)]);
            foreach (var (row, sorted) in rows.Index())
            {
                for (var population = Population.NoInduction; population <= Population.Induction; population++)
                    CountRow(scores, head, row, firstRow + row, population, sorted, buffers);
            }

            foreach (var tally in _tallies)
                tally.End();
        }

        return statistics;
    }

    void CountRow(ShardScores scores, int head, int rowOfShard, int row, Population population, SortedRow sorted, Buffers buffers)
    {
        ReadOnlySpan<int> without = sorted.WithoutCopy(population), with = sorted.WithCopy(population);
        Span<float> dlaWithout = buffers.DlaWithout.AsSpan(0, without.Length), dlaWith = buffers.DlaWith.AsSpan(0, with.Length), mover = buffers.Mover.AsSpan(0, with.Length);
        var start = rowOfShard * scores.PositionsPerRow;

        var headDla = scores[Score.HeadDla, head].Slice(start, scores.PositionsPerRow);
        Gather(headDla, without, dlaWithout);
        Gather(headDla, with, dlaWith);
        Of(Score.HeadDla).Add(dlaWithout, without, row);
        Of(Score.HeadDla).Add(dlaWith, with, row);

        Gather(scores[Score.MoverAttn, head].Slice(start, scores.PositionsPerRow), with, mover);
        Of(Score.MoverAttn).Add(mover, with, row);
        Of(Score.MoverAttn).AddZeros(without, row);

        Gather(scores[Score.MoverDla, head].Slice(start, scores.PositionsPerRow), with, mover);
        Of(Score.MoverDla).Add(mover, with, row);
        Of(Score.MoverDla).AddZeros(without, row);

        TensorPrimitives.Divide(mover, dlaWith, mover);
        Of(Score.DlaRatio).Add(mover, with, row);
        if (!dlaWithout.IsEmpty && TensorPrimitives.MinMagnitude<float>(dlaWithout) is 0 or float.NaN)
        {
            TensorPrimitives.Divide(0, dlaWithout, dlaWithout); // 0 / 0 is no number
            Of(Score.DlaRatio).Add(dlaWithout, without, row);
        }
        else
        {
            Of(Score.DlaRatio).AddZeros(without, row);
        }

        for (var score = Score.HeadDla; score <= Score.DlaRatio; score++)
            Of(score).EndRow();

        Tally Of(Score score) => _tallies[(int)score * ScoreNames.CountedPopulations + (int)population];
    }

    static void Gather(ReadOnlySpan<float> values, ReadOnlySpan<int> positions, Span<float> gathered)
    {
        for (var i = 0; i < positions.Length; i++)
            gathered[i] = values[positions[i]];
    }

    /// <summary>A row's positions, by population and by whether a copy of the target is visible.</summary>
    sealed class SortedRow
    {
        readonly int[][] _positions; // [population, copy visible]

        public SortedRow(ShardScores scores, int row)
        {
            var start = row * scores.PositionsPerRow;
            var sorted = new List<int>[2 * ScoreNames.CountedPopulations];
            for (var i = 0; i < sorted.Length; i++)
                sorted[i] = new List<int>(scores.PositionsPerRow);
            for (var p = 0; p < scores.PositionsPerRow; p++)
            {
                var population = scores.IsInduction[start + p] ? Population.Induction : Population.NoInduction;
                sorted[Index(population, scores.NumCopies[start + p] > 0)].Add(p);
            }

            _positions = [.. sorted.Select(positions => positions.ToArray())];
        }

        public int[] WithCopy(Population population) => _positions[Index(population, true)];

        public int[] WithoutCopy(Population population) => _positions[Index(population, false)];

        static int Index(Population population, bool copy) => (int)population * 2 + (copy ? 1 : 0);
    }

    sealed class Buffers(int positions)
    {
        public readonly float[] DlaWithout = new float[positions];
        public readonly float[] DlaWith = new float[positions];
        public readonly float[] Mover = new float[positions];
    }

    /// <summary>One score of one head on one population, while it is counted.</summary>
    sealed class Tally
    {
        readonly int[] _counts = new int[BucketHistogram.Buckets];
        ScoreStatistics _statistics = null!;
        RowSum _row;

        public void Begin(ScoreStatistics statistics)
        {
            _statistics = statistics;
            _row = new RowSum();
        }

        public void Add(ReadOnlySpan<float> values, ReadOnlySpan<int> positions, int row)
        {
            var sum = RowSum.Of(values);
            _row.Add(sum);
            foreach (var value in values)
            {
                if (sum.NaNs == 0 || !float.IsNaN(value))
                    _counts[FloatKey.Of(value) >> 16]++;
            }

            if (!_statistics.AdmitsExample(sum.Min, sum.Max, row))
                return;
            for (var i = 0; i < values.Length; i++)
                _statistics.OfferExample(values[i], row, positions[i]);
        }

        public void AddZeros(ReadOnlySpan<int> positions, int row)
        {
            _row.AddZeros(positions.Length);
            _counts[BucketHistogram.ZeroBucket] += positions.Length;
            if (!_statistics.AdmitsExample(0, 0, row))
                return;
            foreach (var position in positions)
                _statistics.OfferExample(0, row, position);
        }

        public void EndRow()
        {
            _statistics.Moments.AddRow(_row);
            _row = new RowSum();
        }

        public void End()
        {
            var counts = _counts.AsSpan();
            for (var bucket = 0; ; bucket++)
            {
                var next = counts[bucket..].IndexOfAnyExcept(0);
                if (next < 0)
                    return;
                bucket += next;
                _statistics.Histogram.Add(bucket, counts[bucket]);
                counts[bucket] = 0;
            }
        }
    }
}
