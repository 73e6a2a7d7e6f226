using HeadScope.Data.Hub;
using HeadScope.Grains.Hosting;
using HeadScope.Jobs.Leasing;
using HeadScope.Jobs.Specs;
using HeadScope.Jobs.Work;

namespace HeadScope.Silo.Hosting;

/// <summary>How the server runs.</summary>
public sealed record SiloOptions
{
    public const string DefaultListen = "http://127.0.0.1:8470";
    public const int DefaultMaxBodyBytes = 1 << 20;
    public const int DefaultRequestsPerMinute = 600;
    public const int DefaultSubmissionsPerMinute = 30;

    /// <summary>Addresses to listen on, separated by semicolons. Beyond loopback, keys are required.</summary>
    public string Listen { get; init; } = DefaultListen;

    /// <summary>Where the jobs are: a folder or a blob container.</summary>
    public required string Store { get; init; }

    /// <summary>Folders in which callers may name models.</summary>
    public IReadOnlyList<string> ModelRoots { get; init; } = [];

    /// <summary>Folders in which callers may name token files.</summary>
    public IReadOnlyList<string> TokenRoots { get; init; } = [];

    /// <summary>Whether callers may name models of the hub, which are downloaded.</summary>
    public bool AllowHub { get; init; }

    /// <summary>How models from the hub are found. The default follows the environment.</summary>
    public ModelLocator Models { get; init; } = new(HubOptions.FromEnvironment() with { IsForOthers = true }, TimeProvider.System);

    /// <summary>The file of API keys; null where none are asked for.</summary>
    public string? Keys { get; init; }

    /// <summary>Whether /metrics answers without a key. The default is no, unless there are no keys at all.</summary>
    public bool OpenMetrics { get; init; }

    /// <summary>How this process works on jobs; null where it only serves, and others work.</summary>
    public EngineOptions? Engine { get; init; } = new();

    /// <summary>The cluster this process is in. The default is one of itself.</summary>
    public ClusterSettings Cluster { get; init; } = new();

    /// <summary>Whether it speaks to the cluster from outside, rather than as one of its silos.</summary>
    public bool IsClusterClient { get; init; }

    /// <summary>How long a stopping server lets shards in work be finished before it hands them back. The default value is 60 s.</summary>
    public TimeSpan Drain { get; init; } = BlobClaims.DefaultDuration;

    /// <summary>The largest request body, in bytes. The default value is 1 MiB.</summary>
    public int MaxBodyBytes { get; init; } = DefaultMaxBodyBytes;

    /// <summary>Requests a caller may make in a minute. The default value is 600.</summary>
    public int RequestsPerMinute { get; init; } = DefaultRequestsPerMinute;

    /// <summary>Jobs a caller may submit in a minute. The default value is 30.</summary>
    public int SubmissionsPerMinute { get; init; } = DefaultSubmissionsPerMinute;
}
