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
    /// <summary>Heads that are looked at together: fewer questions to the store, more memory.</summary>
    const int MostHeadsTogether = 16;

    static readonly Score[] Scores = [Score.HeadDla, Score.MoverAttn, Score.MoverDla, Score.DlaRatio];
    static readonly Population[] Populations = [Population.All, Population.NoInduction];

    public IReadOnlyList<double> Levels => levels;

    /// <summary>Quantiles by head, score and population (all, no induction): [level].</summary>
    public async Task<ScoreQuantiles> RunAsync(int threads, CancellationToken cancellation)
    {
        var heads = shards.Statistics.Heads;
        var results = new ScoreQuantiles(heads, levels);
        var groups = shards.HeadGroups(most: Math.Clamp((heads + threads - 1) / threads, 1, MostHeadsTogether));
        var options = new ParallelOptions { MaxDegreeOfParallelism = threads, CancellationToken = cancellation };
        await Parallel.ForEachAsync(groups, options, async (group, token) =>
        {
            var wanted = Array.ConvertAll(group, Wish);
            SectionBuffer flagBuffer = new(), scoreBuffer = new();
            await LookAtAllAsync().ConfigureAwait(false);
            foreach (var (i, head) in group.Index())
                Guard(head, () => Array.ForEach(wanted[i], score => Array.ForEach(score.Quantiles, quantiles => quantiles.Narrow())));
            await LookAtAllAsync().ConfigureAwait(false);
            foreach (var (i, head) in group.Index())
                Guard(head, () => Conclude(head, wanted[i]));

            async Task LookAtAllAsync()
            {
                foreach (var record in shards.Records)
                {
                    var flags = await shards.ReadSectionAsync(record, 1, flagBuffer, token).ConfigureAwait(false);
                    var sections = await shards.ReadSectionsAsync(record, ShardScoresFile.FirstHeadSection + group[0], group.Length, scoreBuffer, token).ConfigureAwait(false);
                    for (var i = 0; i < group.Length; i++)
                        Look(wanted[i], flags.Span, new HeadSection(sections[i].Span, record));
                }
            }
        }).ConfigureAwait(false);
        return results;

        Wanted[] Wish(int head) =>
            [.. Scores.Select(score => new Wanted([.. Populations.Select(population => new ExactQuantiles(shards.Statistics.Of(head, score, population).Histogram, levels))]))];

        void Conclude(int head, Wanted[] wanted)
        {
            foreach (var score in Scores)
            {
                foreach (var (population, quantiles) in Populations.Zip(wanted[(int)score].Quantiles))
                    results.Set(head, score, population, quantiles.Results());
            }
        }

        static void Guard(int head, Action check)
        {
            try
            {
                check();
            }
            catch (InvalidDataException e)
            {
                throw new InvalidDataException($"The stored scores of head {head} are not those that were counted: {e.Message}", e);
            }
        }
    }

    static void Look(Wanted[] wanted, ReadOnlySpan<byte> flags, in HeadSection scores)
    {
        Wanted headDla = wanted[(int)Score.HeadDla], moverAttn = wanted[(int)Score.MoverAttn], moverDla = wanted[(int)Score.MoverDla], dlaRatio = wanted[(int)Score.DlaRatio];
        Span<int> zeros = [0, 0], zeroRatios = [0, 0]; // positions without a copy of their target: outside induction, inside
        var movable = 0;
        for (var i = 0; i < flags.Length; i++)
        {
            var flag = (ShardScoresFile.Flags)flags[i];
            var induction = (int)(flag & ShardScoresFile.Flags.Induction);
            var dla = scores.HeadDla[i];
            headDla.Look(dla, induction);
            if ((flag & ShardScoresFile.Flags.Movable) != 0)
            {
                moverAttn.Look(scores.MoverAttn[movable], induction);
                moverDla.Look(scores.MoverDla[movable], induction);
                dlaRatio.Look(scores.MoverDla[movable] / dla, induction);
                movable++;
            }
            else
            {
                zeros[induction]++;
                zeroRatios[induction] += dla is 0 or float.NaN ? 0 : 1; // 0 / 0 is no number
            }
        }

        moverAttn.LookAtZeros(zeros);
        moverDla.LookAtZeros(zeros);
        dlaRatio.LookAtZeros(zeroRatios);
    }

    /// <summary>The quantiles of one score, of all positions and of those without induction.</summary>
    sealed class Wanted
    {
        readonly bool[] _buckets = new bool[BucketHistogram.Buckets]; // those that hold a wanted rank of either

        public Wanted(ExactQuantiles[] quantiles)
        {
            Quantiles = quantiles;
            for (var bucket = 0; bucket < _buckets.Length; bucket++)
                _buckets[bucket] = quantiles.Any(each => each.Wants(bucket));
        }

        public ExactQuantiles[] Quantiles { get; }

        public void Look(float value, int induction)
        {
            var key = FloatKey.Of(value);
            if (_buckets[key >> 16] && !float.IsNaN(value))
                Add(key, induction, 1);
        }

        public void LookAtZeros(ReadOnlySpan<int> counts)
        {
            for (var induction = 0; induction < counts.Length; induction++)
                Add(FloatKey.Of(0), induction, counts[induction]);
        }

        void Add(uint key, int induction, int count)
        {
            Quantiles[0].Add(key, count);
            if (induction == 0)
                Quantiles[1].Add(key, count);
        }
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
