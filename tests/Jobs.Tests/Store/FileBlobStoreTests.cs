using HeadScope.Jobs.Store;
using HeadScope.Tests.Support;

namespace HeadScope.Jobs.Tests.Store;

public sealed class FileBlobStoreTests : BlobStoreContractTests, IDisposable
{
    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task AnyOperation_AFolderStandsWhereTheFileShould_SaysSo()
    {
        var store = await OpenAsync();
        await store.WriteAsync("jobs/1/plan/inside", Bytes("x"));
        Assert.True(await store.ExistsAsync("jobs/1/plan"));
        foreach (var operation in new Func<Task>[]
        {
            () => store.TryReadAsync("jobs/1/plan"), () => store.TryCreateAsync("jobs/1/plan", Bytes("x")), () => store.WriteAsync("jobs/1/plan", Bytes("x")),
        })
        {
            var fault = await Assert.ThrowsAsync<UnreadableBlobException>(operation);
            Assert.StartsWith("jobs/1/plan: a folder stands where this file should be. ", fault.Message, StringComparison.Ordinal);
        }

        await store.DeleteAsync("jobs/1/plan");
        Assert.Equal("x", await TextAsync(store, "jobs/1/plan/inside"));
    }

    [SkippableFact]
    public async Task DeleteFolder_HoldsLinksAndWhatIsNoBlob_DeletesThemAndNothingElsewhere()
    {
        Skip.If(OperatingSystem.IsWindows(), "makes links, which needs a privilege there");
        var store = await OpenAsync();
        var folder = Directory.CreateDirectory(_folder.File("store/jobs/1/shards")).FullName;
        var outside = Directory.CreateDirectory(_folder.File("outside")).FullName;
        File.WriteAllText(Path.Combine(outside, "kept"), "x");
        Directory.CreateSymbolicLink(Path.Combine(folder, "link"), outside);
        File.CreateSymbolicLink(Path.Combine(folder, "nowhere"), "/no/such/file");
        File.WriteAllText(Path.Combine(folder, "name: of no blob"), "x");
        File.WriteAllText(Path.Combine(folder, "ends in a dot."), "x");
        Assert.DoesNotContain(
            await ListAsync(store, "jobs/1/"), blob => blob.Name.Contains("blob", StringComparison.Ordinal) || blob.Name.EndsWith('.'));
        await store.DeleteFolderAsync("jobs/1/");
        Assert.False(Directory.Exists(_folder.File("store/jobs/1")));
        Assert.True(File.Exists(Path.Combine(outside, "kept")));
    }

    [Fact]
    public async Task TrimFolder_NoFilesInIt_RemovesIt()
    {
        var store = await OpenAsync();
        await store.WriteAsync("jobs/1/shards/deep/1", Bytes("x"));
        await store.DeleteAsync("jobs/1/shards/deep/1");
        await store.TrimFolderAsync("jobs/1/");
        Assert.False(Directory.Exists(_folder.File("store/jobs/1")));
        Assert.True(Directory.Exists(_folder.File("store/jobs")));
    }

    protected override Task<IBlobStore> OpenAsync() => Task.FromResult<IBlobStore>(new FileBlobStore(_folder.File("store")));
}
