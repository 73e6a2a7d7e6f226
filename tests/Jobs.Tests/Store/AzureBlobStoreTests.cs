using HeadScope.Jobs.Store;

namespace HeadScope.Jobs.Tests.Store;

[Collection(AzuriteTests.Name)]
public sealed class AzureBlobStoreTests(SharedAzurite azurite) : BlobStoreContractTests
{
    protected override async Task<IBlobStore> OpenAsync() => await azurite.OpenAsync($"{SharedAzurite.NewContainer()}/some/prefix");
}
