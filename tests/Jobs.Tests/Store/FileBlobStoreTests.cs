using HeadScope.Jobs.Store;
using HeadScope.Tests.Support;

namespace HeadScope.Jobs.Tests.Store;

public sealed class FileBlobStoreTests : BlobStoreContractTests, IDisposable
{
    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    protected override Task<IBlobStore> OpenAsync() => Task.FromResult<IBlobStore>(new FileBlobStore(_folder.File("store")));
}
