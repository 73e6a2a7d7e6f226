namespace HeadScope.Data.Tests.Hub;

/// <summary>Counts what the whole process allocates, so nothing else may run beside it.</summary>
[CollectionDefinition(nameof(HubMemoryTests), DisableParallelization = true)]
[Collection(nameof(HubMemoryTests))]
public sealed class HubMemoryTests
{
    [Fact]
    public async Task Download_LargeFile_TakesLittleMemory()
    {
        const int Size = 64 << 20;
        await using var hub = await HubFixture.StartAsync(
            new Dictionary<string, byte[]> { ["model.safetensors"] = HubFixture.Random(Size, seed: 2) });
        await hub.DownloadAsync("model.safetensors"); // what is allocated once
        Directory.Delete(hub.Options.Cache, recursive: true);
        var before = GC.GetTotalAllocatedBytes(precise: true);
        await hub.DownloadAsync("model.safetensors");
        var allocated = GC.GetTotalAllocatedBytes(precise: true) - before;
        Assert.True(allocated < Size / 4, $"{allocated:N0} bytes were allocated, by the server and by us, for a file of {Size:N0}");
    }
}
