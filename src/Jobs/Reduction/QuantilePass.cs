using System.Numerics.Tensors;
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
            var sorted = new SortedShard(shards.Records.Max(record => record.Positions));
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
                    sorted.Sort(flags.Span);
                    for (var i = 0; i < group.Length; i++)
                        Look(wanted[i], sorted, new HeadSection(sections[i].Span, record));
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

    static void Look(Wanted[] wanted, SortedShard shard, in HeadSection scores)
    {
        var movable = shard.Movable;
        wanted[(int)Score.HeadDla].Look(scores.HeadDla, shard.Induction, shard.Candidates);
        wanted[(int)Score.MoverAttn].Look(scores.MoverAttn, shard.MovableInduction, shard.Candidates);
        wanted[(int)Score.MoverDla].Look(scores.MoverDla, shard.MovableInduction, shard.Candidates);

        var ratios = shard.Ratios.AsSpan(0, movable.Length);
        for (var i = 0; i < movable.Length; i++)
            ratios[i] = scores.MoverDla[i] / scores.HeadDla[movable[i]];
        wanted[(int)Score.DlaRatio].Look(ratios, shard.MovableInduction, shard.Candidates);

        wanted[(int)Score.MoverAttn].LookAtZeros(shard.Unmovable);
        wanted[(int)Score.MoverDla].LookAtZeros(shard.Unmovable);
        wanted[(int)Score.DlaRatio].LookAtZeros(shard.UnmovableWithRatio(scores.HeadDla));
    }

    /// <summary>What is true of a shard's positions, taken apart so that loops over them need not choose.</summary>
    sealed class SortedShard(int maxPositions)
    {
        readonly byte[] _induction = new byte[maxPositions];
        readonly byte[] _movableInduction = new byte[maxPositions + 1];
        readonly int[] _movable = new int[maxPositions + 1];
        readonly byte[] _isMovable = new byte[maxPositions];
        readonly int[] _unmovable = new int[2];
        int _positions, _movables;

        /// <summary>1 where induction explains the target: [position].</summary>
        public ReadOnlySpan<byte> Induction => _induction.AsSpan(0, _positions);

        /// <summary>The positions with a visible copy of the target.</summary>
        public ReadOnlySpan<int> Movable => _movable.AsSpan(0, _movables);

        /// <summary>1 where induction explains the target: [movable position].</summary>
        public ReadOnlySpan<byte> MovableInduction => _movableInduction.AsSpan(0, _movables);

        /// <summary>How many positions have no visible copy: without and with induction.</summary>
        public ReadOnlySpan<int> Unmovable => _unmovable;

        public float[] Ratios { get; } = new float[maxPositions];

        public ulong[] Candidates { get; } = new ulong[maxPositions + 1];

        public void Sort(ReadOnlySpan<byte> flags)
        {
            _positions = flags.Length;
            _movables = 0;
            _unmovable.AsSpan().Clear();
            for (var i = 0; i < flags.Length; i++)
            {
                var induction = flags[i] & (int)ShardScoresFile.Flags.Induction;
                var movable = (flags[i] & (int)ShardScoresFile.Flags.Movable) / (int)ShardScoresFile.Flags.Movable;
                _induction[i] = (byte)induction;
                _isMovable[i] = (byte)movable;
                _movable[_movables] = i;
                _movableInduction[_movables] = (byte)induction;
                _movables += movable;
                _unmovable[induction] += 1 - movable;
            }
        }

        /// <summary>How many of <see cref="Unmovable"/> have a ratio: 0 / 0 is no number.</summary>
        public int[] UnmovableWithRatio(ReadOnlySpan<float> headDla)
        {
            int[] counts = [.. _unmovable];
            if (TensorPrimitives.MinMagnitude(headDla) is not (0 or float.NaN))
                return counts;
            for (var i = 0; i < headDla.Length; i++)
                counts[_induction[i]] -= _isMovable[i] == 0 && headDla[i] is 0 or float.NaN ? 1 : 0;
            return counts;
        }
    }

    /// <summary>The quantiles of one score, of all positions and of those without induction.</summary>
    sealed class Wanted
    {
        readonly byte[] _buckets = new byte[BucketHistogram.Buckets]; // 1 where a bucket holds a wanted rank of either

        public Wanted(ExactQuantiles[] quantiles)
        {
            Quantiles = quantiles;
            for (var bucket = 0; bucket < _buckets.Length; bucket++)
                _buckets[bucket] = (byte)(quantiles.Any(each => each.Wants(bucket)) ? 1 : 0);
        }

        public ExactQuantiles[] Quantiles { get; }

        /// <param name="candidates">Room for one more than there are values.</param>
        public void Look(ReadOnlySpan<float> values, ReadOnlySpan<byte> induction, ulong[] candidates)
        {
            // Nearly all values are not wanted, unpredictably: a branch for each would cost more than all else.
            var count = 0;
            for (var i = 0; i < values.Length; i++)
            {
                var key = FloatKey.Of(values[i]);
                candidates[count] = key | (ulong)induction[i] << 32;
                count += _buckets[key >> 16];
            }

            foreach (var candidate in candidates.AsSpan(0, count))
            {
                if (FloatKey.IsNumber((uint)candidate))
                    Add((uint)candidate, (int)(candidate >> 32), 1);
            }
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
