using HeadScope.Jobs.Leasing;
using HeadScope.Jobs.Work;
using Microsoft.Extensions.Options;
using Orleans.Configuration;

namespace HeadScope.Grains.Engine;

/// <summary>A silo as its claims name it: by its cluster and its address, which no silo after it has.</summary>
internal sealed class SiloMember(IOptions<ClusterOptions> cluster, ILocalSiloDetails silo, ISiloStatusOracle silos)
{
    /// <summary>This silo, for claims.</summary>
    public ClusterProcess Identity { get; } = new(NameOf(cluster.Value, silo.SiloAddress), name => HasEnded(name, cluster.Value, silos));

    /// <summary>How this silo works on jobs, as a member of its cluster.</summary>
    public EngineOptions Of(EngineOptions engine) => engine with { Member = Identity };

    static string NameOf(ClusterOptions cluster, SiloAddress silo) => $"{cluster.ClusterId} {silo.ToParsableString()}";

    static bool HasEnded(string name, ClusterOptions cluster, ISiloStatusOracle silos)
    {
        if (!name.StartsWith($"{cluster.ClusterId} ", StringComparison.Ordinal))
            return false;
        try
        {
            return silos.IsDeadSilo(SiloAddress.FromParsableString(name[(cluster.ClusterId.Length + 1)..]));
        }
        catch (Exception e) when (e is FormatException or ArgumentException or OverflowException)
        {
            return false; // nothing that this version writes
        }
    }
}
