using System.CommandLine;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;
using System.Text.Json;
using HeadScope.Jobs;
using HeadScope.Jobs.Reduction;
using HeadScope.Jobs.Work;
using HeadScope.ModelCore.Compute;

namespace HeadScope.Client.Commands;

/// <summary>headscope doctor: what this machine and this build can do, and whether they do it right.</summary>
internal static class DoctorCommand
{
    /// <summary>How near to float64 a healthy backend is: the tolerance that its scores have.</summary>
    const double Tolerance = 1e-4;

    sealed record Finding(string Backend, string Device, string? Description, double? Distance, double? GigaflopsPerSecond, string? Fault);

    public static Command Create()
    {
        var threads = JobOptions.Threads();
        var json = JobOptions.Json();
        var command = new Command("doctor", """
            Show what this machine and this build can do, and test each backend against float64.

            Example:
              headscope doctor
            """)
        {
            threads, json,
        };
        command.SetAction(parsed => Run(parsed.GetValue(threads), parsed.GetValue(json)));
        return command;
    }

    static int Run(int threads, bool json)
    {
        var memory = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes >> 20;
        var findings = ComputeBackends.Names.SelectMany(backend => Examine(backend, threads)).ToList();
        var healthy = findings.All(finding => finding.Fault is null || ComputeBackends.WhyMissing(finding.Backend) is not null);
        if (json)
        {
            Console.Out.WriteLine(JsonSerializer.Serialize(new
            {
                product = JobReducer.Product,
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
                ("product", JobReducer.Product),
                ("runtime", RuntimeInformation.FrameworkDescription),
                ("system", $"{RuntimeInformation.OSDescription}, {RuntimeInformation.ProcessArchitecture}"),
                ("processors", $"{Environment.ProcessorCount}: {string.Join(", ", Features())}"),
                ("memory", $"{memory:N0} MiB"),
            })
            {
                Console.Out.WriteLine($"{fact,-16}{value}");
            }

            foreach (var finding in findings)
                Console.Out.WriteLine($"{$"{finding.Backend} {finding.Device}",-16}{Describe(finding)}");
        }

        return healthy ? ExitCode.Done : ExitCode.Failed;
    }

    static IEnumerable<Finding> Examine(string backend, int threads) => ComputeBackends.WhyMissing(backend) is { } reason
        ? [new Finding(backend, "", null, null, null, reason)]
        : ComputeBackends.DevicesOf(backend).Select(device => Examine(device, threads));

    static Finding Examine(IComputeDevice device, int threads)
    {
        try
        {
            using var backend = device.Open(threads, Precision.Float32);
            var check = BackendCheck.Run(backend, TimeSpan.FromSeconds(1));
            var fault = check.Distance <= Tolerance ? null : $"it is {check.Distance:E1} from float64, where {Tolerance:E0} is tolerated: do not trust its scores";
            return new Finding(device.Backend, device.Name, backend.Description, check.Distance, Math.Round(check.OperationsPerSecond / 1e9, 1), fault);
        }
        catch (Exception e) when (e is InvalidOperationException or OutOfMemoryException or DllNotFoundException or TypeInitializationException or NotSupportedException)
        {
            return new Finding(device.Backend, device.Name, null, null, null, e.Message);
        }
    }

    static string Describe(Finding finding) =>
        finding.Distance is { } distance && finding.Fault is null ? $"{finding.Description}: {distance:E1} from float64, {finding.GigaflopsPerSecond:F1} GFLOP/s in products"
        : $"not usable: {finding.Fault}";

    static IReadOnlyList<string> Features() =>
    [
        .. new (string Name, bool IsSupported)[] { ("AVX-512", Avx512F.IsSupported), ("AVX2", Avx2.IsSupported), ("FMA", Fma.IsSupported), ("NEON", AdvSimd.IsSupported) }
            .Where(feature => feature.IsSupported).Select(feature => feature.Name),
    ];
}
