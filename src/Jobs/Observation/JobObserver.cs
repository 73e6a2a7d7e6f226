using HeadScope.Jobs.Shards;
using HeadScope.Jobs.Specs;

namespace HeadScope.Jobs.Observation;

/// <summary>Sees a job's work as this process does it, as far as it cares to. Called from any worker's thread.</summary>
public interface IJobObserver
{
    /// <summary>A batch was scored.</summary>
    void RowsScored(int rows)
    {
    }

    /// <summary>A worker has leased a shard and starts on it.</summary>
    void ShardStarted(ShardRange shard)
    {
    }

    /// <summary>A shard was committed by this process.</summary>
    void ShardCommitted(ShardRecord record, HeadStatistics statistics)
    {
    }

    /// <summary>A shard was scored, but somebody else had committed it first.</summary>
    void ShardDuplicate(ShardRange shard)
    {
    }

    /// <summary>A shard failed.</summary>
    void ShardFailed(string unit, Exception cause)
    {
    }

    /// <summary>What failed will be tried again, by this worker or another.</summary>
    void Retrying(string unit, Exception cause)
    {
    }

    /// <summary>All shards are in; the reduction starts.</summary>
    void Reducing()
    {
    }
}
