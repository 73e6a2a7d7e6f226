using HeadScope.Jobs.Records;
using HeadScope.Jobs.Tests.Store;
using HeadScope.Jobs.Work;
using HeadScope.Tests.Support;
using Xunit.Abstractions;

namespace HeadScope.Jobs.Tests.Work;

/// <summary>A whole job in a storage account, by engines that each have a bad network.</summary>
[Collection(AzuriteTests.Name)]
public sealed class AzureJobTests(SharedAzurite azurite, ITestOutputHelper output)
{
    [SkippableTheory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Run_TwoEnginesOverABadNetwork_MakeTheSameBytesAndCommitEachShardOnce(int seed)
    {
        var request = JobFixture.TinyRequest with { ShardRows = 2 };
        await using var proxy = await FaultyProxy.StartAsync((await azurite.ServerAsync()).Address);
        var container = SharedAzurite.NewContainer();
        using var fixture = new JobFixture(await azurite.OpenAsync(container));
        var (_, folder) = await fixture.SubmitAsync(request);

        var store = await azurite.OpenAsync(container, create: false, proxy.Address);
        proxy.BreakSome(0.15, seed);
        var observers = new[] { new JobFixture.Observer(), new JobFixture.Observer() };
        var manifests = await Task.WhenAll(observers.Select(observer =>
            Task.Run(() => new LocalEngine(new JobStore(store), new EngineOptions { Workers = 2 }, TimeProvider.System).RunAsync(folder, observer, default))));
        Assert.All(observers, observer => Assert.Empty(observer.Failed));
        Assert.Equal(Enumerable.Range(0, 12), observers.SelectMany(observer => observer.Committed).Order());
        Assert.Empty(await fixture.BlobsAsync(folder.Claims));
        output.WriteLine($"seed {seed}: {proxy.Requests} requests, {proxy.Broken} of them broken");
        Assert.True(proxy.Broken > 20);

        using var folderFixture = new JobFixture();
        var (_, expected) = await folderFixture.RunAsync(request);
        Assert.All(manifests, manifest => Assert.Equal(JobJson.Write(expected), JobJson.Write(manifest)));
        foreach (var file in expected.Files.Keys.Append("manifest.json"))
            Assert.Equal(await folderFixture.Jobs.Blobs.TryReadAsync(folder.Result(file)), await fixture.Jobs.Blobs.TryReadAsync(folder.Result(file)));
    }
}
