using HeadScope.Grains.Contracts;

namespace HeadScope.Grains.Tests;

/// <summary>The grain that holds a job's statistics of all heads.</summary>
public sealed class AggregatorGrainTests
{
    /// <summary>Half as long as the grain stays where nobody tells it to go.</summary>
    static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task Reduce_NobodyWatches_TheGrainGoes()
    {
        await using var cluster = await SmallCluster.StartAsync();
        await cluster.StartWorkAsync();
        await cluster.UntilDoneAsync(await cluster.SubmitAsync(LocalRun.Tiny with { SkipHeads = true, ShardRows = 5 }));
        using var limit = new CancellationTokenSource(Limit);
        while (await ActivationsAsync(cluster) > 0)
            await Task.Delay(50, limit.Token);
    }

    [Fact]
    public async Task Reduce_SomebodyWatches_TheGrainStays()
    {
        await using var cluster = await SmallCluster.StartAsync();
        var job = await cluster.SubmitAsync(LocalRun.Tiny with { SkipHeads = true, ShardRows = 5 });
        await cluster.Grains.GetGrain<IAggregatorGrain>(job.Id).PreviewAsync();
        await cluster.StartWorkAsync();
        await cluster.UntilDoneAsync(job);
        Assert.Equal(1, await ActivationsAsync(cluster));
        Assert.Equal(24, (await cluster.Grains.GetGrain<IAggregatorGrain>(job.Id).PreviewAsync()).Rows);
    }

    static async Task<int> ActivationsAsync(SmallCluster cluster) =>
        (await cluster.Grains.GetGrain<IManagementGrain>(0).GetSimpleGrainStatistics())
            .Where(grain => grain.GrainType.Contains("AggregatorGrain", StringComparison.Ordinal)).Sum(grain => grain.ActivationCount);
}
