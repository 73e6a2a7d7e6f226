using Orleans.Configuration;

namespace HeadScope.Grains.Hosting.Clustering;

/// <summary>Silos that find each other in a PostgreSQL database, whose tables <see cref="MembershipSchema"/> makes.</summary>
/// <param name="ConnectionString">Of the database; it may hold a password.</param>
public sealed record PostgresCluster(string ConnectionString) : ClusterKind
{
    const string Invariant = "Npgsql";

    public override string Hint => "Does the database answer, has 'headscope-silo schema' made its tables, are this silo's ports free, " +
        "and do the other silos answer at their addresses?";

    internal override void Configure(ISiloBuilder silo, ClusterSettings settings)
    {
        silo.Configure<ClusterOptions>(settings.Name);
        silo.ConfigureEndpoints(settings.Address, settings.SiloPort, settings.GatewayPort, listenOnAnyHostAddress: false);
        silo.UseAdoNetClustering(database => (database.Invariant, database.ConnectionString) = (Invariant, ConnectionString));
    }

    internal override void Configure(IClientBuilder client, ClusterSettings settings)
    {
        client.Configure<ClusterOptions>(settings.Name);
        client.UseAdoNetClustering(database => (database.Invariant, database.ConnectionString) = (Invariant, ConnectionString));
    }

    /// <summary>Without what may be secret.</summary>
    public override string ToString() => nameof(PostgresCluster);
}
