using HeadScope.Grains.Hosting;

namespace HeadScope.Silo.Hosting;

public sealed partial record SiloOptions
{
    /// <summary>The cluster this process is in; null where it works by itself.</summary>
    public ClusterSettings? Cluster { get; init; }

    /// <summary>Whether it speaks to the cluster from outside, rather than as one of its silos.</summary>
    public bool IsClusterClient { get; init; }
}
