using HeadScope.Jobs.Shards;
using HeadScope.ModelCore.Statistics;

namespace HeadScope.Jobs.Reduction;

/// <summary>
/// Looks again, twice, at every stored score of a head, inside the buckets that hold a wanted rank, and so makes the quantiles
/// exact. No score is computed again.
/// </summary>
/// <param name="levels">Levels of the quantiles, the same for all.</param>
public sealed class QuantilePass(CommittedShards shards, IReadOnlyList<double> levels)
{
    static readonly Population[] Populations = [Population.All, Population.NoInduction];

    public IReadOnlyList<double> Levels => levels;

    /// <summary>Quantiles by head, score and population (all, no induction): [level].</summary>
    public async Task<ScoreQuantiles> RunAsync(int threads, CancellationToken cancellation)
    {
        var results = new ScoreQuantiles(shards.Statistics.Heads, levels);
        var options = new ParallelOptions { MaxDegreeOfParallelism = threads, CancellationToken = cancellation };
        await Parallel.ForAsync(0, shards.Statistics.Heads, options, async (head, token) =>
        {
            var wanted = new ExactQuantiles[ScoreNames.Scores * Populations.Length];
            for (var i = 0; i < wanted.Length; i++)
                wanted[i] = new ExactQuantiles(shards.Statistics.Of(head, (Score)(i / 2), Populations[i % 2]).Histogram, levels);
            SectionBuffer flagBuffer = new(), scoreBuffer = new();
            try
            {
                await LookAtAllAsync().ConfigureAwait(false);
                foreach (var quantiles in wanted)
                    quantiles.Narrow();
                await LookAtAllAsync().ConfigureAwait(false);
                for (var i = 0; i < wanted.Length; i++)
                    results.Set(head, (Score)(i / 2), Populations[i % 2], wanted[i].Results());
            }
            catch (InvalidDataException e)
            {
                throw new InvalidDataException($"The stored scores of head {head} are not those that were counted: {e.Message}", e);
            }

            async Task LookAtAllAsync()
            {
                foreach (var record in shards.Records)
                {
                    var flags = await shards.ReadSectionAsync(record, 1, flagBuffer, token).ConfigureAwait(false);
                    var section = await shards.ReadSectionAsync(record, ShardScoresFile.FirstHeadSection + head, scoreBuffer, token).ConfigureAwait(false);
                    Look(wanted, flags.Span, new HeadSection(section.Span, record));
                }
            }
        }).ConfigureAwait(false);
        return results;
    }

    static void Look(ExactQuantiles[] wanted, ReadOnlySpan<byte> flags, in HeadSection scores)
    {
        var zero = FloatKey.Of(0);
        Span<long> zeros = [0, 0, 0, 0]; // mover scores of all and of no induction; ratios likewise
        var movable = 0;
        for (var i = 0; i < flags.Length; i++)
        {
            var flag = (ShardScoresFile.Flags)flags[i];
            var noInduction = (flag & ShardScoresFile.Flags.Induction) == 0;
            var dla = scores.HeadDla[i];
            Look(wanted, Score.HeadDla, dla, noInduction);
            if ((flag & ShardScoresFile.Flags.Movable) != 0)
            {
                Look(wanted, Score.MoverAttn, scores.MoverAttn[movable], noInduction);
                Look(wanted, Score.MoverDla, scores.MoverDla[movable], noInduction);
                Look(wanted, Score.DlaRatio, scores.MoverDla[movable] / dla, noInduction);
                movable++;
                continue;
            }

            var numbers = dla is not (0 or float.NaN) ? 1 : 0; // 0 / 0 is no number
            zeros[0]++;
            zeros[2] += numbers;
            if (noInduction)
            {
                zeros[1]++;
                zeros[3] += numbers;
            }
        }

        for (var population = 0; population < Populations.Length; population++)
        {
            wanted[(int)Score.MoverAttn * 2 + population].Add(zero, zeros[population]);
            wanted[(int)Score.MoverDla * 2 + population].Add(zero, zeros[population]);
            wanted[(int)Score.DlaRatio * 2 + population].Add(zero, zeros[2 + population]);
        }
    }

    static void Look(ExactQuantiles[] wanted, Score score, float value, bool noInduction)
    {
        if (float.IsNaN(value))
            return;
        var key = FloatKey.Of(value);
        wanted[(int)score * 2].Add(key);
        if (noInduction)
            wanted[(int)score * 2 + 1].Add(key);
    }
}

/// <summary>Quantiles of every head and score, on all positions and on those that induction does not explain.</summary>
public sealed class ScoreQuantiles(int heads, IReadOnlyList<double> levels)
{
    readonly float[][] _values = new float[heads * ScoreNames.Scores * 2][];

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

    static int Index(int head, Score score, Population population) => (head * ScoreNames.Scores + (int)score) * 2 + (population == Population.All ? 0 : 1);
}
