using HeadScope.Jobs.Shards;

namespace HeadScope.Jobs.Work;

/// <summary>Sees a job's work as this process does it. Called from any worker's thread.</summary>
public interface IJobObserver
{
    /// <summary>A batch was scored.</summary>
    void RowsScored(int rows);

    /// <summary>A shard was committed by this process.</summary>
    void ShardCommitted(ShardRecord record, HeadStatistics statistics);

    /// <summary>A shard failed and will be tried again.</summary>
    void ShardFailed(string unit, Exception cause);

    /// <summary>All shards are in; the reduction starts.</summary>
    void Reducing();
}
