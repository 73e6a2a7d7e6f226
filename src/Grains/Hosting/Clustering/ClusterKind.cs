namespace HeadScope.Grains.Hosting.Clustering;

/// <summary>How the silos of a cluster find each other.</summary>
public abstract record ClusterKind
{
    /// <summary>What to look at where a process cannot join its cluster.</summary>
    public abstract string Hint { get; }

    /// <summary>Has a silo find the others.</summary>
    internal abstract void Configure(ISiloBuilder silo, ClusterSettings settings);

    /// <summary>Has a client of the cluster find the silos.</summary>
    internal abstract void Configure(IClientBuilder client, ClusterSettings settings);
}
