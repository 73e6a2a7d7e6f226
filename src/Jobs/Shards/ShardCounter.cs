using HeadScope.ModelCore.Statistics;

namespace HeadScope.Jobs.Shards;

/// <summary>Makes a shard's statistics of its scores. Counts in flat arrays, a head at a time. Used by one thread.</summary>
public sealed class ShardCounter
{
    const int ZeroBucket = 0x8000; // of +0, whose key is 0x8000_0000

    readonly Tally[] _tallies = [.. Enumerable.Range(0, ScoreNames.Scores * ScoreNames.CountedPopulations).Select(_ => new Tally())];

    public HeadStatistics Count(ShardScores scores, int firstRow, int examples)
    {
        var statistics = new HeadStatistics(scores.Heads, examples);
        for (var head = 0; head < scores.Heads; head++)
        {
            for (var i = 0; i < _tallies.Length; i++)
                _tallies[i].Begin(statistics[head, (Score)(i / ScoreNames.CountedPopulations), (Population)(i % ScoreNames.CountedPopulations)]);
            CountHead(scores, head, firstRow);
            foreach (var tally in _tallies)
                tally.End();
        }

        return statistics;
    }

    void CountHead(ShardScores scores, int head, int firstRow)
    {
        ReadOnlySpan<float> headDla = scores[Score.HeadDla, head], moverAttn = scores[Score.MoverAttn, head], moverDla = scores[Score.MoverDla, head];
        var copies = scores.NumCopies;
        var induction = scores.IsInduction;
        for (var row = 0; row < scores.Rows; row++)
        {
            for (var p = 0; p < scores.PositionsPerRow; p++)
            {
                var i = row * scores.PositionsPerRow + p;
                var population = induction[i] ? (int)Population.Induction : (int)Population.NoInduction;
                var dla = headDla[i];
                Of(Score.HeadDla, population).Add(dla, firstRow + row, p);
                if (copies[i] > 0)
                {
                    Of(Score.MoverAttn, population).Add(moverAttn[i], firstRow + row, p);
                    Of(Score.MoverDla, population).Add(moverDla[i], firstRow + row, p);
                    Of(Score.DlaRatio, population).Add(moverDla[i] / dla, firstRow + row, p);
                }
                else
                {
                    Of(Score.MoverAttn, population).AddZero(firstRow + row, p);
                    Of(Score.MoverDla, population).AddZero(firstRow + row, p);
                    if (dla is 0 or float.NaN)
                        Of(Score.DlaRatio, population).AddNaN();
                    else
                        Of(Score.DlaRatio, population).AddZero(firstRow + row, p);
                }
            }

            foreach (var tally in _tallies)
                tally.EndRow();
        }
    }

    Tally Of(Score score, int population) => _tallies[(int)score * ScoreNames.CountedPopulations + population];

    /// <summary>One score of one head on one population, while it is counted.</summary>
    sealed class Tally
    {
        readonly int[] _counts = new int[BucketHistogram.Buckets];
        ScoreStatistics _statistics = null!;
        RowSum _row;
        int _zeros;

        public void Begin(ScoreStatistics statistics)
        {
            _statistics = statistics;
            _row = new RowSum();
        }

        public void Add(float value, int row, int position)
        {
            _row.Add(value);
            if (float.IsNaN(value))
                return;
            _counts[FloatKey.Of(value) >> 16]++;
            Offer(value, row, position);
        }

        public void AddZero(int row, int position)
        {
            _zeros++;
            Offer(0, row, position);
        }

        public void AddNaN() => _row.NaNs++;

        public void EndRow()
        {
            _row.AddZeros(_zeros);
            _counts[ZeroBucket] += _zeros;
            _statistics.Moments.AddRow(_row);
            _zeros = 0;
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

        void Offer(float value, int row, int position)
        {
            if (_statistics.Highest.AdmitsLater(value))
                _statistics.Highest.Add(value, row, position);
            if (_statistics.Lowest.AdmitsLater(value))
                _statistics.Lowest.Add(value, row, position);
        }
    }
}
