using HeadScope.Grains.Hosting.Clustering;
using HeadScope.Jobs.Store;
using HeadScope.Jobs.Store.AzureStorage;
using HeadScope.Tests.Support;

namespace HeadScope.Client.Tests.Engines;

/// <summary>Silos that find each other in the tables of the storage account that their store is in.</summary>
public sealed class AzureEngineTests : ClusterEngineTests
{
    const string Location = "azure://jobs/some/prefix";

    Azurite _azurite = null!;

    protected override string Store => Location;

    protected override ClusterKind Kind => new AzureCluster(AzureLocation.Parse(Location, _ => _azurite.ConnectionString()));

    protected override string[] Options => ["--cluster", "azure"];

    protected override async Task<IBlobStore> OpenStoreAsync() =>
        await AzureBlobStore.OpenAsync(AzureLocation.Parse(Location, _ => _azurite.ConnectionString()), create: false);

    protected override async Task OpenAsync()
    {
        _azurite = await Azurite.StartAsync(tables: true);
        Secrets[AzureLocation.ConnectionStringVariable] = _azurite.ConnectionString();
        await base.OpenAsync();
    }

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        _azurite?.Dispose();
    }
}
