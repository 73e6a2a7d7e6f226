using System.Net;

namespace HeadScope.Grains.Hosting;

/// <summary>How a process finds its cluster, and what it is in it.</summary>
public sealed record ClusterSettings
{
    public const int DefaultSiloPort = 11111;
    public const int DefaultGatewayPort = 30000;
    public const string DefaultId = "headscope";

    /// <summary>Of the clusters that share a database, which. The default value is "headscope".</summary>
    public string ClusterId { get; init; } = DefaultId;

    /// <summary>The connection string of the PostgreSQL database in which silos find each other; null for silos of this machine alone.</summary>
    public string? Postgres { get; init; }

    /// <summary>Where other silos reach this one. The default value is loopback.</summary>
    public IPAddress Address { get; init; } = IPAddress.Loopback;

    /// <summary>The port for other silos. The default value is 11111.</summary>
    public int SiloPort { get; init; } = DefaultSiloPort;

    /// <summary>The port for clients; of a client without a database, that of the silo it turns to. The default value is 30000.</summary>
    public int GatewayPort { get; init; } = DefaultGatewayPort;

    /// <summary>Without a database: the port of the silo that was first, which the others join. The default value is 11111.</summary>
    public int PrimaryPort { get; init; } = DefaultSiloPort;

    /// <summary>What this silo computes on, such as "cpu" or "cuda"; null, the default value, where it computes nothing.</summary>
    public string? Device { get; init; }

    /// <summary>How soon silos notice that one has died.</summary>
    public MembershipSettings Membership { get; init; } = new();

    /// <summary>The silo's name: one for each place a silo may be at.</summary>
    public string SiloName => $"{Environment.MachineName}-{SiloPort.ToString(System.Globalization.CultureInfo.InvariantCulture)}";
}

/// <summary>
/// How soon silos notice that one has died. The defaults find a dead process within a few seconds, at the price of some more small
/// messages than Orleans sends by itself.
/// </summary>
public sealed record MembershipSettings
{
    /// <summary>Between two probes of a neighbour, and how long an answer may take. The default value is 1 s.</summary>
    public TimeSpan ProbeTimeout { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Probes in a row without an answer that make a neighbour suspect. The default value is 3.</summary>
    public int MissedProbes { get; init; } = 3;

    /// <summary>Silos that must suspect one, where there are that many. The default value is 2.</summary>
    public int Votes { get; init; } = 2;

    /// <summary>Whether a third silo is asked first: with it, a process that hangs is found late. The default value is false.</summary>
    public bool IndirectProbes { get; init; }

    /// <summary>How often the table of silos is read and one's own row is written. The default value is 10 s.</summary>
    public TimeSpan TableRefresh { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>What Orleans does by itself.</summary>
    public static MembershipSettings OfOrleans { get; } = new() { ProbeTimeout = TimeSpan.FromSeconds(5), IndirectProbes = true, TableRefresh = TimeSpan.FromSeconds(60) };
}
