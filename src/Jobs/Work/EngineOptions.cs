using HeadScope.Data.Hub;
using HeadScope.Jobs.Leasing;
using HeadScope.Jobs.Roots;
using HeadScope.Jobs.Specs;
using HeadScope.ModelCore.Compute;
using HeadScope.ModelCore.Compute.Managed;

namespace HeadScope.Jobs.Work;

/// <summary>
/// How a process works on jobs. None of it changes a result on the managed backend; others may differ from it in the last bits.
/// </summary>
public sealed record EngineOptions
{
    public const int DefaultBatchSize = 8;

    /// <summary>While one worker's scores are counted and another's are stored, the device's thread computes for the third.</summary>
    const int WorkersOfThread = 3;

    /// <summary>What is computed on, at least one. The default is the managed backend on this machine's processors.</summary>
    public IReadOnlyList<IComputeDevice> Devices { get; init; } = [ManagedDevice.Instance];

    /// <summary>
    /// Shards scored at a time on a device that workers share, at least 1. The default value is the number of processors.
    /// </summary>
    public int Workers { get; init; } = Environment.ProcessorCount;

    /// <summary>Sequences scored together, at least 1. The default value is 8.</summary>
    public int BatchSize { get; init; } = DefaultBatchSize;

    /// <summary>
    /// Threads in all, of which the workers of a shared device have equal parts. The default value is the number of processors.
    /// </summary>
    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>How long a worker may be silent before its claims lapse. The default value is 60 s.</summary>
    public TimeSpan LeaseDuration { get; init; } = BlobClaims.DefaultDuration;

    /// <summary>What this process is in its cluster; null, the default value, where it is in none.</summary>
    public ClusterProcess? Member { get; init; }

    /// <summary>How models from the hub are found on this machine. The default follows the environment.</summary>
    public ModelLocator Models { get; init; } = new(HubOptions.FromEnvironment(), TimeProvider.System);

    /// <summary>Where the files of jobs must lie; others' jobs are left alone. Null, the default, for anywhere.</summary>
    public InputRoots? Roots { get; init; }

    /// <summary>
    /// Whether to check that the model is that of the spec, by the hash of its files; the tokens are checked in any case.
    /// </summary>
    public bool VerifyModel { get; init; } = true;

    /// <summary>
    /// Models kept in memory at a time, on each device, by a process that works on many jobs, at least 1. The default value is 2.
    /// </summary>
    public int ResidentModels { get; init; } = 2;

    /// <summary>What kind of device computes: <c>cpu</c>, <c>cuda</c>.</summary>
    public string DeviceKind => Devices[0].Name.Split(':')[0];

    /// <summary>How many workers a device has.</summary>
    internal int WorkersOn(IComputeDevice device) => device.HasOwnThread ? WorkersOfThread : Workers;

    /// <summary>How many threads an operation of theirs has, when there are no more workers than units of work.</summary>
    internal int ThreadsOfWorker(IComputeDevice device, int units = int.MaxValue) =>
        device.HasOwnThread ? Threads : Math.Max(1, Threads / Math.Min(WorkersOn(device), units));

    /// <summary>Those of the devices that can do a job.</summary>
    internal IReadOnlyList<IComputeDevice> DevicesFor(JobSpec spec) => [.. Devices.Where(device => device.Supports(spec.Precision))];

    /// <summary>Why this process leaves a job to others that may open its files; null where it does not.</summary>
    internal InvalidDataException? WhyNotHere(JobSpec spec)
    {
        if (Roots is null)
            return null;
        var model = spec.Model.Hub is not null || Roots.Models.Find(spec.Model.Location) is not null;
        return model && Roots.Tokens.Find(spec.Tokens.Location.Path) is not null ? null : new InvalidDataException(
            "its model or its tokens lie outside the folders that --models and --tokens name here. It is left to those that have them.");
    }

    /// <summary>What to say where none can.</summary>
    internal InvalidDataException NoDeviceFor(JobSpec spec) => new(
        $"Job {spec.Id} asks for {spec.Precision.Name()} products, which " +
        $"{string.Join(", ", Devices.Select(device => $"{device.Backend} {device.Name}"))} does not compute. Name a device that does, " +
        $"with --backend and --device.");
}
