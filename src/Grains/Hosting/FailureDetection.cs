using Orleans.Configuration;

namespace HeadScope.Grains.Hosting;

/// <summary>
/// How soon silos notice that one has died. The defaults find a dead process within a few seconds, at the price of some more small
/// messages than Orleans sends by itself.
/// </summary>
public sealed record FailureDetection
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

    internal void Apply(ClusterMembershipOptions membership)
    {
        membership.ProbeTimeout = ProbeTimeout;
        membership.NumMissedProbesLimit = MissedProbes;
        membership.NumVotesForDeathDeclaration = Votes;
        membership.EnableIndirectProbes = IndirectProbes;
        membership.TableRefreshTimeout = TableRefresh;
        membership.IAmAliveTablePublishTimeout = TableRefresh;
    }
}
