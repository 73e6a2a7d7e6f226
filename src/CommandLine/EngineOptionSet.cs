using System.CommandLine;
using HeadScope.Jobs.Leasing;
using HeadScope.Jobs.Work;

namespace HeadScope.CommandLine;

/// <summary>The options that say how a process works on jobs.</summary>
/// <param name="mayLeaveWork">Whether --workers may be 0.</param>
public sealed class EngineOptionSet(bool mayLeaveWork = false)
{
    const int Most = 4096;
    const int LongestSeconds = 86400;

    readonly Option<int> _workers = NumberOption.Create(
        "--workers", $"Shards scored at a time by the managed backend{(mayLeaveWork ? "; 0 leaves the work to others" : "")}.",
        Environment.ProcessorCount, mayLeaveWork ? 0 : 1, Most);

    readonly Option<int> _batchSize = NumberOption.Create(
        "--batch-size", "Sequences scored together. It changes speed and memory, not results.", EngineOptions.DefaultBatchSize, 1, Most);

    readonly Option<int> _threads = Threads();

    readonly Option<double> _lease = NumberOption.Create(
        "--lease", "Seconds without a sign of life after which others take over a worker's shard.",
        BlobClaims.DefaultDuration.TotalSeconds, 1, LongestSeconds);

    readonly DeviceOptions _devices = new();

    /// <summary>How many threads may compute.</summary>
    public static Option<int> Threads() => NumberOption.Create("--threads", "Threads in all.", Environment.ProcessorCount, 1, Most);

    /// <summary>How long a process that is told to stop may go on with what is in work.</summary>
    public static Option<double> Drain(string description) =>
        NumberOption.Create("--drain", description, BlobClaims.DefaultDuration.TotalSeconds, 0, LongestSeconds);

    public void AddTo(Command command)
    {
        foreach (var option in new Option[] { _workers, _batchSize, _threads, _lease })
            command.Options.Add(option);
        _devices.AddTo(command);
    }

    /// <summary>Whether this process works on jobs at all.</summary>
    public bool Works(ParseResult parsed) => parsed.GetValue(_workers) > 0;

    /// <exception cref="Jobs.Specs.InvalidJobException">There is no such backend or device.</exception>
    public EngineOptions Of(ParseResult parsed) => new()
    {
        Workers = parsed.GetValue(_workers),
        BatchSize = parsed.GetValue(_batchSize),
        Threads = parsed.GetValue(_threads),
        LeaseDuration = TimeSpan.FromSeconds(parsed.GetValue(_lease)),
        Devices = _devices.Of(parsed),
    };
}
