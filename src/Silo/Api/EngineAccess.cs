using HeadScope.Jobs;
using HeadScope.Jobs.Pool;

namespace HeadScope.Silo.Api;

/// <summary>The engine, where this server has one; without, other processes do the work.</summary>
internal sealed class EngineAccess(IJobEngine? engine)
{
    public void Wake(JobFolder folder) => engine?.Wake(folder);

    public double? TokensPerSecond(JobFolder folder) => engine?.TokensPerSecond(folder);
}
