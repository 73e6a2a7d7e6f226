using HeadScope.Jobs.Store.AzureStorage;

namespace HeadScope.Jobs.Store;

/// <summary>Opens the store that a location names, and measures it.</summary>
public static class BlobStores
{
    /// <summary>What a location may be, for help texts.</summary>
    public const string LocationHelp = "DIR|https://ACCOUNT.blob.core.windows.net/CONTAINER[/PREFIX]|azure://CONTAINER[/PREFIX]";

    /// <param name="location">A folder, or what <see cref="AzureLocation"/> reads.</param>
    /// <param name="create">Whether to make the folder or container where there is none.</param>
    /// <exception cref="StoreException">There is no such store, or it cannot be used; the message says what to do and holds no
    /// secret.</exception>
    public static async Task<IBlobStore> OpenAsync(string location, bool create, CancellationToken cancellation = default)
    {
        if (AzureLocation.Matches(location))
            return new MeteredBlobStore(await AzureBlobStore.OpenAsync(AzureLocation.Parse(location, Environment.GetEnvironmentVariable), create, cancellation: cancellation).ConfigureAwait(false));
        if (!create && !Directory.Exists(location))
            throw new StoreException(
                $"{location}: there is no such folder. A store is made by 'headscope submit', or by 'headscope run' (DIR/.headscope).");
        return new MeteredBlobStore(new FileBlobStore(location));
    }
}
