using HeadScope.ModelCore.Statistics;

namespace HeadScope.Jobs.Shards;

/// <summary>Makes a shard's statistics of its scores. Counts in flat arrays, a head at a time. Used by one thread.</summary>
public sealed class ShardCounter
{
    const int ZeroBucket = 0x8000; // of +0, whose key is 0x8000_0000

    readonly int[][] _counts = [.. Enumerable.Range(0, ScoreNames.Scores * ScoreNames.CountedPopulations).Select(_ => new int[BucketHistogram.Buckets])];

    public HeadStatistics Count(ShardScores scores, int firstRow, int examples)
    {
        var statistics = new HeadStatistics(scores.Heads, examples);
        for (var head = 0; head < scores.Heads; head++)
        {
            CountHead(scores, head, firstRow, statistics);
            for (var i = 0; i < _counts.Length; i++)
            {
                var histogram = statistics[head, (Score)(i / ScoreNames.CountedPopulations), (Population)(i % ScoreNames.CountedPopulations)].Histogram;
                Drain(_counts[i], histogram);
            }
        }

        return statistics;
    }

    static void Drain(int[] counts, BucketHistogram histogram)
    {
        var rest = counts.AsSpan();
        var start = 0;
        while (true)
        {
            var next = rest[start..].IndexOfAnyExcept(0);
            if (next < 0)
                return;
            start += next;
            histogram.Add(start, rest[start]);
            rest[start++] = 0;
        }
    }

    void CountHead(ShardScores scores, int head, int firstRow, HeadStatistics statistics)
    {
        ReadOnlySpan<float> headDla = scores[Score.HeadDla, head], moverAttn = scores[Score.MoverAttn, head], moverDla = scores[Score.MoverDla, head];
        var copies = scores.NumCopies;
        var induction = scores.IsInduction;
        Span<RowSum> sums = stackalloc RowSum[ScoreNames.Scores * ScoreNames.CountedPopulations];
        for (var row = 0; row < scores.Rows; row++)
        {
            sums.Fill(new RowSum());
            Span<int> zeros = [0, 0]; // positions without a copy of their target, by population
            for (var p = 0; p < scores.PositionsPerRow; p++)
            {
                var i = row * scores.PositionsPerRow + p;
                var population = induction[i] ? (int)Population.Induction : (int)Population.NoInduction;
                var place = new Place(statistics, head, (Population)population, firstRow + row, p);
                Count(headDla[i], Score.HeadDla, sums, place);
                if (copies[i] > 0)
                {
                    Count(moverAttn[i], Score.MoverAttn, sums, place);
                    Count(moverDla[i], Score.MoverDla, sums, place);
                    Count(moverDla[i] / headDla[i], Score.DlaRatio, sums, place);
                }
                else
                {
                    zeros[population]++;
                    place.Offer(Score.MoverAttn, 0);
                    place.Offer(Score.MoverDla, 0);
                    if (headDla[i] is 0 or float.NaN)
                        sums[Index(Score.DlaRatio, place.Population)].NaNs++;
                    else
                        AddZeros(1, Score.DlaRatio, place.Population, sums);
                }
            }

            for (var population = Population.NoInduction; population <= Population.Induction; population++)
            {
                AddZeros(zeros[(int)population], Score.MoverAttn, population, sums);
                AddZeros(zeros[(int)population], Score.MoverDla, population, sums);
                for (var score = Score.HeadDla; score <= Score.DlaRatio; score++)
                    statistics[head, score, population].Moments.AddRow(sums[Index(score, population)]);
            }
        }
    }

    static int Index(Score score, Population population) => (int)score * ScoreNames.CountedPopulations + (int)population;

    void AddZeros(int count, Score score, Population population, Span<RowSum> sums)
    {
        sums[Index(score, population)].AddZeros(count);
        _counts[Index(score, population)][ZeroBucket] += count;
    }

    void Count(float value, Score score, Span<RowSum> sums, in Place place)
    {
        var index = Index(score, place.Population);
        sums[index].Add(value);
        if (float.IsNaN(value))
            return;
        _counts[index][FloatKey.Of(value) >> 16]++;
        place.Offer(score, value);
    }

    /// <summary>Where a value is, and what wants to know of it.</summary>
    readonly ref struct Place(HeadStatistics statistics, int head, Population population, int row, int position)
    {
        public Population Population => population;

        public void Offer(Score score, float value)
        {
            if (score == Score.DlaRatio)
                return;
            var wanting = statistics[head, score, population];
            if (wanting.Highest.AdmitsLater(value))
                wanting.Highest.Add(value, row, position);
            if (wanting.Lowest.AdmitsLater(value))
                wanting.Lowest.Add(value, row, position);
        }
    }
}
