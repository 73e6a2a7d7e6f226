using HeadScope.Jobs.Records;
using HeadScope.Jobs.Store.AzureStorage;
using HeadScope.Tests.Support;

namespace HeadScope.Client.Tests.Chaos.Sites;

/// <summary>Silos that find each other in the tables of the storage account that their store is in.</summary>
internal sealed class AzureClusterSite : ClusterSite
{
    readonly Azurite _azurite;

    AzureClusterSite(NetworkHosts hosts, int seed, Azurite azurite)
        : base(hosts, seed)
    {
        _azurite = azurite;
        Environment[AzureLocation.ConnectionStringVariable] = azurite.ConnectionString();
    }

    public override string Store => "azure://jobs";

    public override IEnumerable<string> Secrets => [_azurite.Key];

    protected override string[] Membership => ["--cluster", "azure"];

    public static async Task<AzureClusterSite> CreateAsync(int seed)
    {
        var hosts = NetworkHosts.Create(3);
        var site = new AzureClusterSite(hosts, seed, await Azurite.StartAsync(tables: true, hosts.Here));
        await site.IssueCertificateAsync();
        return site;
    }

    public override async Task<JobStore> OpenJobsAsync() =>
        new(await AzureBlobStore.OpenAsync(AzureLocation.Parse(Store, _ => _azurite.ConnectionString()), create: true));

    public override IReadOnlyList<Blow> Blows(Swarm swarm) =>
    [
        .. base.Blows(swarm),
        Blow.MembershipOutage(1, ChaosSetting.LongestOutage, _azurite.KillTablesAsync, _azurite.StartTablesAgainAsync),
        Blow.StoreOutage(1, ChaosSetting.LongestOutage, _azurite.KillAsync, _azurite.StartAgainAsync),
    ];

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        _azurite.Dispose();
    }
}
