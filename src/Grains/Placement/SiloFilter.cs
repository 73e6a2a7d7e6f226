using Orleans.Placement;
using Orleans.Runtime.MembershipService.SiloMetadata;
using Orleans.Runtime.Placement;

namespace HeadScope.Grains.Placement;

/// <summary>
/// Puts a grain with a key <c>DEVICE@SILO</c> on the silo of that name if it has that device: where there is none, the grain does not come
/// to life. Any other it puts on silos that work or, where none does, on any. Whoever calls plays no part in it.
/// </summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class SiloFilterAttribute() : PlacementFilterAttribute(new SiloFilterStrategy());

/// <summary>Has nothing to configure: the grain's key says what is wanted.</summary>
internal sealed class SiloFilterStrategy() : PlacementFilterStrategy(0);

internal sealed class SiloFilterDirector(ISiloMetadataCache metadata) : IPlacementFilterDirector
{
    public IEnumerable<SiloAddress> Filter(PlacementFilterStrategy filterStrategy, PlacementTarget target, IEnumerable<SiloAddress> silos)
    {
        var key = target.GrainIdentity.Key.ToString()!;
        var all = silos.ToList();
        var fit = all.Where(silo => IsFit(key, metadata.GetSiloMetadata(silo).Metadata)).ToList();
        return fit.Count > 0 || key.Contains('@', StringComparison.Ordinal) ? fit : all;
    }

    /// <summary>Whether a silo with these labels may have the grain of this key.</summary>
    internal static bool IsFit(string key, IReadOnlyDictionary<string, string> labels)
    {
        if (labels.GetValueOrDefault(SiloLabels.Role) != SiloLabels.Worker)
            return false;
        var at = key.IndexOf('@', StringComparison.Ordinal);
        return at < 0
            || (labels.GetValueOrDefault(SiloLabels.Device) == key[..at] && labels.GetValueOrDefault(SiloLabels.Name) == key[(at + 1)..]);
    }
}
