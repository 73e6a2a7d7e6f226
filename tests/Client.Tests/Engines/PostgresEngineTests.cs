using HeadScope.Grains.Hosting.Clustering;
using HeadScope.Tests.Support;

namespace HeadScope.Client.Tests.Engines;

/// <summary>Silos that find each other in a PostgreSQL database, over a shared folder.</summary>
public sealed class PostgresEngineTests : ClusterEngineTests
{
    PostgresServer _postgres = null!;

    protected override ClusterKind Kind => new PostgresCluster(_postgres.ConnectionString);

    protected override string[] Options => ["--cluster", "postgres"];

    protected override async Task OpenAsync()
    {
        _postgres = PostgresServer.Start();
        Secrets["HEADSCOPE_POSTGRES"] = _postgres.ConnectionString;
        Assert.Equal(0, (await HeadScopeProcess.RunServerAsync(Secrets, "schema")).Code);
        Assert.Equal(0, (await HeadScopeProcess.RunServerAsync(Secrets, "schema")).Code); // again: no harm
        await base.OpenAsync();
    }

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        _postgres?.Dispose();
    }
}
