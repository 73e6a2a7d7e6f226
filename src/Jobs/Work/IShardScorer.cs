using HeadScope.Jobs.Specs;
using HeadScope.ModelCore.Scoring;

namespace HeadScope.Jobs.Work;

/// <summary>Scores shards: the part of a job that needs a model and a device. Used by one worker.</summary>
public interface IShardScorer
{
    /// <summary>What it computes on, for people.</summary>
    string Device { get; }

    /// <summary>
    /// How far one layer of random numbers, computed where and as <see cref="Score"/> computes, is from float64, relative to values above
    /// 1.
    /// </summary>
    double Distance { get; }

    /// <summary>Scores a shard's rows into <paramref name="destination"/>, which is empty and large enough.</summary>
    /// <param name="progress">Told the number of rows after each batch.</param>
    void Score(ShardRange shard, ScoreTable destination, Action<int> progress, CancellationToken cancellation);

    /// <summary>Seconds spent reading tokens in the last call.</summary>
    double ReadSeconds { get; }
}
