using Orleans.Concurrency;

namespace HeadScope.Grains.Contracts;

/// <summary>Brings a job's shards together: the preview while it runs, and the results at its end. The key is the job's id.</summary>
[Alias("HeadScope.IAggregatorGrain")]
public interface IAggregatorGrain : IGrainWithStringKey
{
    /// <summary>A shard was committed. The message says which; the statistics are read from the store.</summary>
    [Alias("ShardCommitted"), OneWay]
    Task ShardCommittedAsync(int shard);

    /// <summary>The job was deleted.</summary>
    [Alias("Forget"), OneWay]
    Task ForgetAsync();

    [Alias("Preview"), AlwaysInterleave]
    Task<PreviewReply> PreviewAsync();

    /// <summary>Starts the reduction where it is neither under way nor done, and says where it is.</summary>
    [Alias("Reduce"), ResponseTimeout(GrainCalls.Timeout)]
    Task<ReduceReply> ReduceAsync();
}
