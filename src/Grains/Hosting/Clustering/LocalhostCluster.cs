using System.Net;

namespace HeadScope.Grains.Hosting.Clustering;

/// <summary>Silos of one machine, which find each other through the first of them.</summary>
/// <param name="PrimaryPort">The silo port of the first.</param>
public sealed record LocalhostCluster(int PrimaryPort = ClusterSettings.DefaultSiloPort) : ClusterKind
{
    public override string Hint => $"Does the first silo run, at --primary-port {PrimaryPort}, and are this silo's ports free?";

    internal override void Configure(ISiloBuilder silo, ClusterSettings settings) => silo.UseLocalhostClustering(
        settings.SiloPort, settings.GatewayPort, new IPEndPoint(IPAddress.Loopback, PrimaryPort), ClusterSettings.ServiceId,
        settings.ClusterId);

    internal override void Configure(IClientBuilder client, ClusterSettings settings) =>
        client.UseLocalhostClustering(settings.GatewayPort, ClusterSettings.ServiceId, settings.ClusterId);
}
