using HeadScope.Jobs.Specs;
using HeadScope.Jobs.Work;
using HeadScope.ModelCore.Scoring;

namespace HeadScope.Jobs.Tests.Work;

/// <summary>A real scorer, and something that happens before each shard.</summary>
internal sealed class InterruptedScorer(IShardScorer inner, Action<int> before) : IShardScorer
{
    public string Device => inner.Device;

    public double Distance => inner.Distance;

    public double ReadSeconds => inner.ReadSeconds;

    public void Score(ShardRange shard, ScoreTable destination, Action<int> progress, CancellationToken cancellation)
    {
        before(shard.Shard);
        inner.Score(shard, destination, progress, cancellation);
    }

    public void Dispose()
    {
    }
}
