using System.Security.Cryptography;
using System.Text;
using Azure.Data.Tables;
using HeadScope.Jobs.Store;
using HeadScope.Jobs.Store.AzureStorage;
using Orleans.Configuration;

namespace HeadScope.Grains.Hosting.Clustering;

/// <summary>
/// Silos that find each other in a table of the storage account that their store is in, by the store's own right to it: a cluster needs
/// nothing beside its store.
/// </summary>
/// <param name="Store">Silos over another container, or prefix, are another cluster.</param>
public sealed record AzureCluster(AzureLocation Store) : ClusterKind
{
    const string BlobHost = ".blob.";
    const string TableHost = ".table.";
    const int HashDigits = 16;

    public override string Hint => "May the store's credentials use the account's tables, are this silo's ports free, and do the other " +
        "silos answer at their addresses?";

    internal override void Configure(ISiloBuilder silo, ClusterSettings settings)
    {
        silo.Configure<ClusterOptions>(cluster => Name(cluster, settings));
        silo.ConfigureEndpoints(settings.Address, settings.SiloPort, settings.GatewayPort, listenOnAnyHostAddress: false);
        silo.UseAzureStorageClustering(tables => tables.TableServiceClient = Connect());
    }

    internal override void Configure(IClientBuilder client, ClusterSettings settings)
    {
        client.Configure<ClusterOptions>(cluster => Name(cluster, settings));
        client.UseAzureStorageClustering(tables => tables.TableServiceClient = Connect());
    }

    /// <exception cref="StoreException">The account's tables have no address that follows from that of its blobs.</exception>
    TableServiceClient Connect() => Store.ConnectAccount(
        connection => new TableServiceClient(connection),
        (blobs, signature) => new TableServiceClient(TablesOf(blobs), signature),
        (blobs, identity) => new TableServiceClient(TablesOf(blobs), identity));

    /// <summary>One account may hold the stores of several clusters.</summary>
    void Name(ClusterOptions cluster, ClusterSettings settings)
    {
        settings.Name(cluster);
        var store = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{Store.Container}/{Store.Prefix}")))[..HashDigits];
        cluster.ClusterId = $"{settings.ClusterId}-{store}";
    }

    Uri TablesOf(Uri blobs)
    {
        var at = blobs.Host.IndexOf(BlobHost, StringComparison.OrdinalIgnoreCase);
        return at > 0
            ? new UriBuilder(blobs.Scheme, string.Concat(blobs.Host.AsSpan(0, at), TableHost, blobs.Host.AsSpan(at + BlobHost.Length)), blobs.Port).Uri
            : throw new StoreException(
                $"{Store.Display}: where this account keeps its tables does not follow from the address. Use azure://CONTAINER with a " +
                $"connection string that has a TableEndpoint in {AzureLocation.ConnectionStringVariable}.");
    }
}
