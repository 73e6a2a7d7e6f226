using HeadScope.Jobs.Specs;
using HeadScope.ModelCore.Scoring;

namespace HeadScope.Jobs.Work;

/// <summary>Has a scorer's shards count only where the rows that it read are the job's (<see cref="JobTokens.Use"/>).</summary>
internal sealed class VerifiedScorer(IShardScorer scorer, JobTokens tokens) : IShardScorer
{
    public string Device => scorer.Device;

    public double Distance => scorer.Distance;

    public double ReadSeconds => scorer.ReadSeconds;

    public void Score(ShardRange shard, ScoreTable destination, Action<int> progress, CancellationToken cancellation) =>
        tokens.Use(() => scorer.Score(shard, destination, progress, cancellation));
}
