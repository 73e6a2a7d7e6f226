using System.CommandLine;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;
using System.Text.Json;
using HeadScope.CommandLine;
using HeadScope.Jobs;
using HeadScope.Jobs.Work;
using HeadScope.ModelCore.Compute;

namespace HeadScope.Client.Commands;

/// <summary>headscope doctor: what this machine can compute on, and whether it does it right.</summary>
internal static class DoctorCommand
{
    /// <summary>How long a device is tested for, in all its precisions.</summary>
    static readonly TimeSpan TestTime = TimeSpan.FromSeconds(1);

    sealed record Finding(string Backend, string Device, string? Fault)
    {
        public string? Description { get; init; }

        public double? Distance { get; init; }

        public double? GigaflopsPerSecond { get; init; }

        public IReadOnlyList<string>? Parts { get; init; }

        public long? MemoryUsedMib { get; init; }

        public long? MemoryTotalMib { get; init; }
    }

    public static Command Create()
    {
        var threads = EngineOptionSet.Threads();
        var libtorch = DeviceOptions.Libtorch();
        var json = JobOptions.Json();
        var command = new Command("doctor", """
            Show what this machine can compute on, and test each device against float64.

            Example:
              headscope doctor
            """)
        {
            threads, libtorch, json,
        };
        command.SetAction(parsed => Run(parsed.GetValue(threads), parsed.GetValue(libtorch), parsed.GetValue(json)));
        return command;
    }

    static int Run(int threads, string? libtorch, bool json)
    {
        var memory = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes >> 20;
        var findings = ComputeBackends.Names.SelectMany(backend => Examine(backend, threads, libtorch)).ToList();
        var healthy = findings.All(
            finding => finding.Fault is null || libtorch is null && ComputeBackends.WhyMissing(finding.Backend) is not null);
        if (json)
        {
            Console.Out.WriteLine(JsonSerializer.Serialize(new
            {
                product = ProductVersion.Product,
                runtime = RuntimeInformation.FrameworkDescription,
                system = RuntimeInformation.OSDescription,
                architecture = RuntimeInformation.ProcessArchitecture,
                processors = Environment.ProcessorCount,
                features = Features(),
                memory_mib = memory,
                backends = findings,
                healthy,
            }, JobJson.Options));
        }
        else
        {
            foreach (var (fact, value) in new (string, object)[]
            {
                ("product", ProductVersion.Product),
                ("runtime", RuntimeInformation.FrameworkDescription),
                ("system", $"{RuntimeInformation.OSDescription}, {RuntimeInformation.ProcessArchitecture}"),
                ("processors", $"{Environment.ProcessorCount}: {string.Join(", ", Features())}"),
                ("memory", $"{memory:N0} MiB"),
            })
            {
                Console.Out.WriteLine($"{fact,-16}{value}");
            }

            foreach (var device in findings.GroupBy(finding => $"{finding.Backend} {finding.Device}"))
            {
                foreach (var (line, finding) in device.Index())
                    Console.Out.WriteLine($"{(line == 0 ? device.Key : ""),-16}{Describe(finding)}");
                if (device.FirstOrDefault(finding => finding.Parts?.Count > 0) is { } known)
                    Console.Out.WriteLine($"{"",-16}{string.Join(", ", [.. known.Parts!, $"{known.MemoryUsedMib:N0} of {known.MemoryTotalMib:N0} MiB in use"])}");
            }
        }

        return healthy ? ExitCode.Done : ExitCode.Failed;
    }

    static IEnumerable<Finding> Examine(string backend, int threads, string? libtorch) => ComputeBackends.WhyMissing(backend, libtorch) is { } reason
        ? [new Finding(backend, "", reason)]
        : ComputeBackends.DevicesOf(backend, libtorch).SelectMany(
            device => Enum.GetValues<Precision>().Where(device.Supports).Select(precision => Examine(device, precision, threads)));

    /// <summary>
    /// How near to float64 a healthy backend is: in float32, the tolerance that its scores have; otherwise, four times what rounding adds
    /// up to.
    /// </summary>
    static double Tolerance(Precision precision) => precision switch
    {
        Precision.Float32 => 1e-4,
        Precision.Tf32 => 5e-2,
        Precision.Bfloat16 => 0.4,
        _ => throw new ArgumentOutOfRangeException(nameof(precision), precision, null),
    };

    static Finding Examine(IComputeDevice device, Precision precision, int threads)
    {
        try
        {
            using var backend = device.Open(threads, precision);
            var check = BackendCheck.Run(backend, TestTime / Enum.GetValues<Precision>().Count(device.Supports));
            var tolerance = Tolerance(precision);
            var memory = device.Memory;
            return new Finding(
                device.Backend, device.Name, check.Distance <= tolerance ? null : $"it is {check.Distance:E1} from float64 in " +
                    $"{precision.Name()}, where {tolerance:E0} is tolerated: do not trust its scores")
            {
                Description = backend.Description,
                Distance = check.Distance,
                GigaflopsPerSecond = Math.Round(check.OperationsPerSecond / 1e9, 1),
                Parts = device.Parts,
                MemoryUsedMib = memory.Used >> 20,
                MemoryTotalMib = memory.Total >> 20,
            };
        }
        catch (Exception e) when (e is InvalidOperationException or OutOfMemoryException or DllNotFoundException
            or TypeInitializationException or NotSupportedException)
        {
            return new Finding(device.Backend, device.Name, e.Message);
        }
    }

    static string Describe(Finding finding) =>
        finding.Distance is { } distance && finding.Fault is null
            ? $"{finding.Description}: {distance:E1} from float64, {finding.GigaflopsPerSecond:F1} GFLOP/s in products"
        : $"not usable: {finding.Fault}";

    static IReadOnlyList<string> Features() =>
    [
        .. new (string Name, bool IsSupported)[] { ("AVX-512", Avx512F.IsSupported), ("AVX2", Avx2.IsSupported), ("FMA", Fma.IsSupported), ("NEON", AdvSimd.IsSupported) }
            .Where(feature => feature.IsSupported).Select(feature => feature.Name),
    ];
}
