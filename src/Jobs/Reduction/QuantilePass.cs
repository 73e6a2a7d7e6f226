using HeadScope.Jobs.Shards;
using HeadScope.ModelCore.Scoring;
using HeadScope.ModelCore.Scoring.Scores;
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

    ScoreSelection Selection => shards.Statistics.Selection;

    /// <summary>Quantiles by head, score and population (all, no induction): [level].</summary>
    public async Task<ScoreQuantiles> RunAsync(int threads, CancellationToken cancellation)
    {
        var heads = shards.Statistics.Heads;
        var results = new ScoreQuantiles(Selection, heads, levels);
        var groups = shards.HeadGroups(most: Math.Clamp((heads + threads - 1) / threads, 1, MostHeadsTogether));
        var options = new ParallelOptions { MaxDegreeOfParallelism = threads, CancellationToken = cancellation };
        await Parallel.ForEachAsync(groups, options, async (group, token) =>
        {
            var wanted = Array.ConvertAll(group, Wish);
            SectionBuffer flagBuffer = new(), scoreBuffer = new();
            var sorted = new SortedShard(Selection.Sets.Count, shards.Records.Max(record => record.Positions));
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
                    var flags = await shards.ReadSectionAsync(record, ShardScoresFile.FlagsSection, flagBuffer, token)
                        .ConfigureAwait(false);
                    var sections = await shards.ReadSectionsAsync(
                        record, ShardScoresFile.FirstHeadSection + group[0], group.Length, scoreBuffer, token).ConfigureAwait(false);
                    sorted.Sort(flags.Span);
                    for (var i = 0; i < group.Length; i++)
                        Look(wanted[i], sorted, new HeadSection(sections[i].Span, record, Selection));
                }
            }
        }).ConfigureAwait(false);
        return results;

        WantedValues[] Wish(int head) =>
        [
            .. Selection.Scores.Select(score => new WantedValues(
                [.. Populations.Shown.Select(population => new ExactQuantiles(shards.Statistics.Of(head, score, population).Histogram, levels))])),
        ];

        void Conclude(int head, WantedValues[] wanted)
        {
            foreach (var (index, score) in Selection.Scores.Index())
            {
                foreach (var (population, quantiles) in Populations.Shown.Zip(wanted[index].Quantiles))
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

    void Look(WantedValues[] wanted, SortedShard shard, in HeadSection section)
    {
        foreach (var (index, score) in Selection.Scores.Index())
        {
            switch (score)
            {
                case StoredScore { ZeroWithout: null } stored:
                    wanted[index].Look(section[stored], shard.Induction, shard.Candidates);
                    break;
                case StoredScore { ZeroWithout: { } set } stored:
                    wanted[index].Look(section[stored], shard[Selection.IndexOf(set)].InductionWith, shard.Candidates);
                    wanted[index].LookAtZeros(shard[Selection.IndexOf(set)].Without);
                    break;
                case SourceRatio ratio:
                    LookAtRatios(wanted[index], ratio, shard, section);
                    break;
                default:
                    throw new InvalidOperationException($"There is no way to look at {score}.");
            }
        }
    }

    void LookAtRatios(WantedValues wanted, SourceRatio ratio, SortedShard shard, in HeadSection section)
    {
        var ofSet = shard[Selection.IndexOf(ratio.Numerator.ZeroWithout!)];
        ReadOnlySpan<float> numerators = section[ratio.Numerator], denominators = section[ratio.Denominator];
        var with = ofSet.With;
        var ratios = shard.Ratios.AsSpan(0, with.Length);
        for (var i = 0; i < with.Length; i++)
            ratios[i] = numerators[i] / denominators[with[i]];
        wanted.Look(ratios, ofSet.InductionWith, shard.Candidates);
        wanted.LookAtZeros(ofSet.WithoutAndDivisible(denominators));
    }
}
