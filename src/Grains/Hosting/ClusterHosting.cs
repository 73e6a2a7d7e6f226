using HeadScope.Grains.Engine;
using HeadScope.Grains.Hosting.Security;
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
    /// <summary>How soon a client learns of silos that came or went.</summary>
    static readonly TimeSpan GatewayRefresh = TimeSpan.FromSeconds(5);

    /// <summary>How long a client waits before it tries again to find a silo.</summary>
    static readonly TimeSpan ConnectInterval = TimeSpan.FromSeconds(1);

    /// <param name="configure">What the silo has besides.</param>
    public static void AddSilo(this IHostApplicationBuilder builder, ClusterSettings settings, Action<ISiloBuilder>? configure = null) => builder.UseOrleans(silo =>
    {
        settings.Kind.Configure(silo, settings);
        if (settings.Certificate is { } certificate)
            silo.UseTls(ClusterTls.With(certificate));
        silo.Configure<SiloOptions>(options => options.SiloName = settings.SiloName);
        silo.Configure<ClusterMembershipOptions>(settings.FailureDetection.Apply);
        silo.AddActivityPropagation();
        silo.AddGrainServices(settings.SiloName, settings.Device);
        configure?.Invoke(silo);
    });

    /// <param name="configure">What the client has besides.</param>
    public static void AddClient(this IHostApplicationBuilder builder, ClusterSettings settings, Action<IClientBuilder>? configure = null) => builder.UseOrleansClient(client =>
    {
        settings.Kind.Configure(client, settings);
        if (settings.Certificate is { } certificate)
            client.UseTls(ClusterTls.With(certificate));
        client.Configure<GatewayOptions>(gateways => gateways.GatewayListRefreshPeriod = GatewayRefresh);
        client.UseConnectionRetryFilter(async (_, cancellation) =>
        {
            await Task.Delay(ConnectInterval, cancellation).ConfigureAwait(false);
            return true;
        });
        client.AddActivityPropagation();
        configure?.Invoke(client);
    });

    /// <summary>Labels a silo, has grains placed by labels, and gives them what they need of Orleans.</summary>
    internal static void AddGrainServices(this ISiloBuilder silo, string name, string? device)
    {
        silo.UseSiloMetadata(SiloLabels.Of(name, device));
        silo.Services.AddPlacementFilter<SiloFilterStrategy, SiloFilterDirector>(ServiceLifetime.Transient);
        silo.Services.AddSingleton<SiloMember>();
    }
}
