using HeadScope.Jobs.Claims;
using HeadScope.Jobs.Specs;
using HeadScope.ModelCore.Hub;

namespace HeadScope.Jobs.Work;

/// <summary>How a process works on jobs. None of it changes a result.</summary>
public sealed record EngineOptions
{
    public const int DefaultBatchSize = 8;

    /// <summary>Shards scored at a time, at least 1. The default value is the number of processors.</summary>
    public int Workers { get; init; } = Environment.ProcessorCount;

    /// <summary>Sequences scored together, at least 1. The default value is 8.</summary>
    public int BatchSize { get; init; } = DefaultBatchSize;

    /// <summary>Threads in all. The default value is the number of processors.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>How long a worker may be silent before its claims lapse. The default value is 60 s.</summary>
    public TimeSpan LeaseDuration { get; init; } = BlobClaims.DefaultDuration;

    /// <summary>How models from the hub are found on this machine. The default follows the environment.</summary>
    public ModelLocator Models { get; init; } = new(HubOptions.FromEnvironment(), TimeProvider.System);

    /// <summary>Whether to check that model and tokens are those of the spec, by their hashes.</summary>
    public bool VerifyInputs { get; init; } = true;

    /// <summary>Models kept in memory at a time by a process that works on many jobs, at least 1. The default value is 2.</summary>
    public int ResidentModels { get; init; } = 2;
}
