using System.Globalization;
using System.Net;
using HeadScope.Grains.Hosting.Clustering;
using HeadScope.Grains.Hosting.Security;
using Orleans.Configuration;

namespace HeadScope.Grains.Hosting;

/// <summary>The cluster a process is in, and what it is there.</summary>
public sealed record ClusterSettings
{
    public const int DefaultSiloPort = 11111;
    public const int DefaultGatewayPort = 30000;
    public const string DefaultId = "headscope";

    /// <summary>What Orleans calls the service, of which there may be several clusters.</summary>
    internal const string ServiceId = "headscope";

    /// <summary>How its silos find each other. By default a silo is a cluster of itself.</summary>
    public ClusterKind Kind { get; init; } = new SingleSilo();

    /// <summary>Of the clusters that silos could find in the same place, which. The default value is "headscope".</summary>
    public string ClusterId { get; init; } = DefaultId;

    /// <summary>Where other silos reach this one. The default value is loopback.</summary>
    public IPAddress Address { get; init; } = IPAddress.Loopback;

    /// <summary>The port for other silos. The default value is 11111.</summary>
    public int SiloPort { get; init; } = DefaultSiloPort;

    /// <summary>The port for clients; of a client on the same machine, that of the silo it turns to. The default value is 30000.</summary>
    public int GatewayPort { get; init; } = DefaultGatewayPort;

    /// <summary>What silos and clients show each other; null where the network is trusted, or where there is nobody else.</summary>
    public ClusterCertificate? Certificate { get; init; }

    /// <summary>What this silo computes on, such as "cpu" or "cuda"; null, the default value, where it computes nothing.</summary>
    public string? Device { get; init; }

    /// <summary>How soon silos notice that one has died.</summary>
    public FailureDetection FailureDetection { get; init; } = new();

    /// <summary>
    /// The silo's name: one for each place a silo may be at. Machines that other silos reach may share a host name, as clones do.
    /// </summary>
    public string SiloName => string.Create(
        CultureInfo.InvariantCulture, $"{Environment.MachineName}{(IPAddress.IsLoopback(Address) ? "" : $"-{Address}")}-{SiloPort}");

    internal void Name(ClusterOptions cluster) => (cluster.ClusterId, cluster.ServiceId) = (ClusterId, ServiceId);
}
