using HeadScope.Grains.Contracts;
using HeadScope.Grains.Placement;

namespace HeadScope.Grains.Tests;

public class PlacementTests
{
    [Fact]
    public async Task ModelGrain_AnyCaller_LandsOnTheSiloOfItsKey()
    {
        await using var cluster = await SmallCluster.StartAsync();
        foreach (var (device, silo) in new[] { ("cpu", SmallCluster.Cpu), ("cuda", SmallCluster.Cuda) })
            Assert.Equal(silo, await cluster.Grains.GetGrain<IModelGrain>(IModelGrain.KeyOf(device, silo)).WhereAsync());

        // The silo is there but has no such device; has none at all; is not there.
        foreach (var (device, silo) in new[] { ("cuda", SmallCluster.Cpu), ("cpu", SmallCluster.Gateway), ("cpu", "nowhere") })
            await Assert.ThrowsAnyAsync<OrleansException>(
                () => cluster.Grains.GetGrain<IModelGrain>(IModelGrain.KeyOf(device, silo)).WhereAsync());
    }

    [Fact]
    public async Task AggregatorGrain_ManyJobs_LandOnWorkersAlone()
    {
        await using var cluster = await SmallCluster.StartAsync();
        var silos = await cluster.Grains.GetGrain<IManagementGrain>(0).GetDetailedHosts();
        var gateway = silos.Single(silo => silo.SiloName == SmallCluster.Gateway).SiloAddress;
        for (var rows = 1; rows <= 12; rows++)
        {
            var job = await cluster.SubmitAsync(LocalRun.Tiny with { Rows = rows, SkipHeads = true });
            var grain = cluster.Grains.GetGrain<IAggregatorGrain>(job.Id);
            await grain.PreviewAsync();
            Assert.NotEqual(gateway, await cluster.Grains.GetGrain<IManagementGrain>(0).GetActivationAddress(grain));
        }
    }

    [Theory]
    [InlineData("cpu@a", "a", "cpu", true)]
    [InlineData("cpu@a", "a", "cuda", false)]
    [InlineData("cpu@a", "b", "cpu", false)]
    [InlineData("cpu@a", "a", null, false)]
    [InlineData("0123456789abcdef", "b", "cuda", true)]
    [InlineData("0123456789abcdef", "b", null, false)]
    public void IsFit_KeyAndLabels_AsTheyMatch(string key, string silo, string? device, bool fit) =>
        Assert.Equal(fit, SiloFilterDirector.IsFit(key, SiloLabels.Of(silo, device)));
}
