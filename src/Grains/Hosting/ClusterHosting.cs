using System.Net;
using HeadScope.Grains.Placement;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Configuration;
using Orleans.Placement;
using Orleans.Runtime.MembershipService.SiloMetadata;

namespace HeadScope.Grains.Hosting;

/// <summary>Makes a host a silo of a cluster, or a client of one.</summary>
public static class ClusterHosting
{
    const string Invariant = "Npgsql";

    /// <summary>How soon a client learns of silos that came or went.</summary>
    static readonly TimeSpan GatewayRefresh = TimeSpan.FromSeconds(5);

    /// <summary>How long a client waits before it tries again to find a silo.</summary>
    static readonly TimeSpan ConnectInterval = TimeSpan.FromSeconds(1);

    public static void AddSilo(this IHostApplicationBuilder builder, ClusterSettings settings) => builder.UseOrleans(silo =>
    {
        if (settings.Postgres is { } connection)
        {
            silo.Configure<ClusterOptions>(cluster => (cluster.ClusterId, cluster.ServiceId) = (settings.ClusterId, ClusterSettings.DefaultId));
            silo.ConfigureEndpoints(settings.Address, settings.SiloPort, settings.GatewayPort, listenOnAnyHostAddress: false);
            silo.UseAdoNetClustering(database => (database.Invariant, database.ConnectionString) = (Invariant, connection));
        }
        else
        {
            silo.UseLocalhostClustering(
                settings.SiloPort, settings.GatewayPort, new IPEndPoint(IPAddress.Loopback, settings.PrimaryPort), ClusterSettings.DefaultId, settings.ClusterId);
        }

        silo.Configure<SiloOptions>(options => options.SiloName = settings.SiloName);
        silo.Configure<ClusterMembershipOptions>(membership => Configure(membership, settings.Membership));
        silo.AddActivityPropagation();
        silo.AddGrainPlacement(settings.SiloName, settings.Device);
    });

    public static void AddClient(this IHostApplicationBuilder builder, ClusterSettings settings) => builder.UseOrleansClient(client =>
    {
        if (settings.Postgres is { } connection)
        {
            client.Configure<ClusterOptions>(cluster => (cluster.ClusterId, cluster.ServiceId) = (settings.ClusterId, ClusterSettings.DefaultId));
            client.UseAdoNetClustering(database => (database.Invariant, database.ConnectionString) = (Invariant, connection));
        }
        else
        {
            client.UseLocalhostClustering(settings.GatewayPort, ClusterSettings.DefaultId, settings.ClusterId);
        }

        client.Configure<GatewayOptions>(gateways => gateways.GatewayListRefreshPeriod = GatewayRefresh);
        client.UseConnectionRetryFilter(async (_, cancellation) =>
        {
            await Task.Delay(ConnectInterval, cancellation).ConfigureAwait(false);
            return true;
        });
        client.AddActivityPropagation();
    });

    /// <summary>Labels a silo, and has grains placed by labels.</summary>
    internal static void AddGrainPlacement(this ISiloBuilder silo, string name, string? device)
    {
        silo.UseSiloMetadata(SiloLabels.Of(name, device));
        silo.Services.AddPlacementFilter<SiloFilterStrategy, SiloFilterDirector>(ServiceLifetime.Transient);
    }

    static void Configure(ClusterMembershipOptions membership, MembershipSettings settings)
    {
        membership.ProbeTimeout = settings.ProbeTimeout;
        membership.NumMissedProbesLimit = settings.MissedProbes;
        membership.NumVotesForDeathDeclaration = settings.Votes;
        membership.EnableIndirectProbes = settings.IndirectProbes;
        membership.TableRefreshTimeout = settings.TableRefresh;
        membership.IAmAliveTablePublishTimeout = settings.TableRefresh;
    }
}
