using HeadScope.Jobs.Leasing;
using HeadScope.Jobs.Work;

namespace HeadScope.Grains;

/// <summary>What the grains of a silo are given.</summary>
/// <param name="Engine">How this silo works on jobs; null where it only keeps leases and leads on to other silos.</param>
/// <param name="Report">Told what went wrong with a job.</param>
public sealed record GrainSettings(EngineOptions? Engine, Action<string, Exception> Report)
{
    public TimeSpan LeaseDuration => Engine?.LeaseDuration ?? BlobClaims.DefaultDuration;
}
