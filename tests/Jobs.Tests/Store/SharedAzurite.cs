using Azure.Storage.Blobs;
using Azure.Storage.Sas;
using HeadScope.Jobs.Store.AzureStorage;
using HeadScope.Tests.Support;

namespace HeadScope.Jobs.Tests.Store;

/// <summary>One Azurite for all tests of this project, started by the first that needs it; each test has containers of its own.</summary>
public sealed class SharedAzurite : IDisposable
{
    /// <summary>Small enough that a test's blobs have many blocks and lists many pages, and quick to try again.</summary>
    public static readonly AzureStoreOptions Quick = new()
    {
        BlockBytes = 1000,
        PageSize = 7,
        RetryDelay = TimeSpan.FromMilliseconds(10),
        LongestRetryDelay = TimeSpan.FromMilliseconds(50),
    };

    readonly Lazy<Task<Azurite>> _azurite = new(() => Azurite.StartAsync());

    internal Task<Azurite> ServerAsync() => _azurite.Value;

    /// <summary>A name that no other test uses.</summary>
    public static string NewContainer() => $"test-{Guid.NewGuid():N}";

    internal async Task<AzureBlobStore> OpenAsync(string path, bool create = true, Uri? through = null, AzureStoreOptions? options = null)
    {
        var azurite = await ServerAsync();
        var location = AzureLocation.Parse(
            $"azure://{path}", name => name == AzureLocation.ConnectionStringVariable ? azurite.ConnectionString(through) : null);
        return await AzureBlobStore.OpenAsync(location, create, options ?? Quick);
    }

    /// <summary>The URL of a container with a shared access signature.</summary>
    internal async Task<Uri> SasAsync(string container, BlobContainerSasPermissions permissions, DateTimeOffset until) =>
        new BlobContainerClient((await ServerAsync()).ConnectionString(), container).GenerateSasUri(permissions, until);

    public void Dispose()
    {
        if (_azurite is { IsValueCreated: true, Value.IsCompletedSuccessfully: true })
            _azurite.Value.Result.Dispose();
    }
}

[CollectionDefinition(Name)]
public sealed class AzuriteTests : ICollectionFixture<SharedAzurite>
{
    public const string Name = "Azurite";
}
