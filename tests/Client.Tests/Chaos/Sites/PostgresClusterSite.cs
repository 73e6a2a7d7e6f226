using HeadScope.Tests.Support;

namespace HeadScope.Client.Tests.Chaos.Sites;

/// <summary>Silos that find each other in a PostgreSQL database, over a shared folder.</summary>
internal sealed class PostgresClusterSite : ClusterSite
{
    readonly PostgresServer _postgres;

    PostgresClusterSite(NetworkHosts hosts, int seed, PostgresServer postgres)
        : base(hosts, seed)
    {
        _postgres = postgres;
        Environment["HEADSCOPE_POSTGRES"] = postgres.ConnectionString;
    }

    protected override string[] Membership => ["--cluster", "postgres"];

    public static async Task<PostgresClusterSite> CreateAsync(int seed)
    {
        var hosts = NetworkHosts.Create(3);
        var site = new PostgresClusterSite(hosts, seed, PostgresServer.Start(hosts));
        await site.IssueCertificateAsync();
        Assert.Equal(0, (await HeadScopeProcess.RunServerAsync(site.Environment, "schema")).Code);
        return site;
    }

    public override IReadOnlyList<Blow> Blows(Swarm swarm) =>
        [.. base.Blows(swarm), Blow.MembershipOutage(2, ChaosSetting.LongestOutage, KillAsync, StartAgainAsync)];

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        _postgres.Dispose();
    }

    Task KillAsync()
    {
        _postgres.Kill();
        return Task.CompletedTask;
    }

    Task StartAgainAsync()
    {
        _postgres.StartAgain();
        return Task.CompletedTask;
    }
}
