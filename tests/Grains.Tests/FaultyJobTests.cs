using HeadScope.Grains.Contracts;
using HeadScope.Jobs;
using HeadScope.Jobs.Records;
using HeadScope.Jobs.Store;
using HeadScope.Tests.Support;
using Orleans.Core.Internal;

namespace HeadScope.Grains.Tests;

/// <summary>What goes wrong with one job of a cluster costs that job, is logged, and holds up no other.</summary>
public sealed class FaultyJobTests : IDisposable
{
    static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Work_LossIsNaN_IsDoneAndSaysSo()
    {
        await using var cluster = await SmallCluster.StartAsync();
        OverflowingModel.Write(_folder.File("model"));
        await cluster.StartWorkAsync();
        var overflowing = await cluster.SubmitAsync(LocalRun.Tiny with { Model = _folder.File("model"), ShardRows = 5 });
        Assert.Equal(24, (await cluster.UntilDoneAsync(overflowing)).Summary.NonFiniteLoss!.Rows);
        await cluster.UntilDoneAsync(await cluster.SubmitAsync(LocalRun.Tiny with { SkipHeads = true }));
        Assert.Empty(cluster.Told);
    }

    [Theory]
    [InlineData("scores")]
    [InlineData("statistics")]
    public async Task Work_ReductionFails_FailsThatJobAndTheOthersAreDone(string damaged)
    {
        await using var cluster = await SmallCluster.StartAsync();
        await cluster.StartWorkAsync();
        var broken = await cluster.SubmitAsync(LocalRun.Tiny with { SkipHeads = true, ShardRows = 12 });
        await cluster.UntilDoneAsync(broken);

        // The scores went with the reduction; without a manifest it is to be done again.
        if (damaged == "statistics")
        {
            var bytes = (await cluster.Jobs.Blobs.TryReadAsync(broken.ShardStats(0)))!;
            bytes[bytes.Length / 2] ^= 0x10;
            await cluster.Jobs.Blobs.WriteAsync(broken.ShardStats(0), bytes);
        }

        await cluster.Jobs.Blobs.DeleteAsync(broken.Manifest);
        await cluster.Grains.GetGrain<IAggregatorGrain>(broken.Id).AsReference<IGrainManagementExtension>().DeactivateOnIdle();
        await cluster.Grains.GetGrain<IJobQueueGrain>(IJobQueueGrain.Key).ChangedAsync(broken.Id);
        using (var limit = new CancellationTokenSource(Limit))
        {
            while (!await cluster.Jobs.Blobs.ExistsAsync(broken.Failed, limit.Token))
                await Task.Delay(50, limit.Token);
        }

        await cluster.UntilDoneAsync(await cluster.SubmitAsync(LocalRun.Tiny with { SkipHeads = true, Rows = 12 }));
        var failure = JobJson.Read<JobFailure>((await cluster.Jobs.Blobs.TryReadAsync(broken.Failed))!, broken.Failed);
        Assert.StartsWith("The reduction failed: ", failure.Message, StringComparison.Ordinal);
        Assert.Contains(broken.ShardStats(0), failure.Message, StringComparison.Ordinal);

        // Whoever writes the failure says so afterwards; another may have found it meanwhile.
        using var telling = new CancellationTokenSource(Limit);
        while (!cluster.Told.Contains((broken.Id, failure.Message)))
            await Task.Delay(50, telling.Token);
    }
}
