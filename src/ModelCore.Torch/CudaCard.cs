using System.Collections.Concurrent;
using System.Globalization;
using System.Text.RegularExpressions;
using HeadScope.ModelCore.Compute;

namespace HeadScope.ModelCore.Torch;

/// <summary>A CUDA device as its driver knows it, by the index that the native library uses. One for each index in a process.</summary>
internal sealed unsafe partial class CudaCard
{
    const int MajorCapability = 75, MinorCapability = 76;
    const string KernelModule = "/proc/driver/nvidia/version";

    static readonly ConcurrentDictionary<int, Lazy<CudaCard>> Cards = new();

    readonly int _device;
    readonly nint _context; // kept while the process lives, as the native library keeps it

    CudaCard(int index)
    {
        CudaDriver.Check(CudaDriver.Init(0), "cuInit");
        CudaDriver.Check(CudaDriver.GetDevice(out _device, index), "cuDeviceGet");
        CudaDriver.Check(CudaDriver.RetainContext(out _context, _device), "cuDevicePrimaryCtxRetain");
    }

    /// <exception cref="InvalidOperationException">The driver has no such device.</exception>
    /// <exception cref="DllNotFoundException">There is no driver.</exception>
    public static CudaCard Of(int index) => Cards.GetOrAdd(index, index => new Lazy<CudaCard>(() => new CudaCard(index))).Value;

    /// <summary>Taken by all programs, and all there is.</summary>
    public DeviceMemory Memory
    {
        get
        {
            nuint free = 0, total = 0;
            Within(() => CudaDriver.Check(CudaDriver.GetMemory(out free, out total), "cuMemGetInfo"));
            return new DeviceMemory((long)(total - free), (long)total);
        }
    }

    /// <summary>The card, what it can do, and its driver.</summary>
    public IReadOnlyList<string> Parts
    {
        get
        {
            const int Length = 256;
            var name = stackalloc byte[Length];
            CudaDriver.Check(CudaDriver.GetName(name, Length, _device), "cuDeviceGetName");
            CudaDriver.Check(CudaDriver.GetAttribute(out var major, MajorCapability, _device), "cuDeviceGetAttribute");
            CudaDriver.Check(CudaDriver.GetAttribute(out var minor, MinorCapability, _device), "cuDeviceGetAttribute");
            CudaDriver.Check(CudaDriver.GetVersion(out var version), "cuDriverGetVersion"); // 12040 is 12.4
            var driver = File.Exists(KernelModule) ? DriverVersion(File.ReadAllText(KernelModule)) : null;
            return
            [
                new string((sbyte*)name),
                string.Create(CultureInfo.InvariantCulture, $"compute capability {major}.{minor}"),
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"driver {driver}{(driver is null ? "" : " ")}for CUDA {version / 1000}.{version % 1000 / 10}"),
            ];
        }
    }

    /// <summary>The driver's version in what its kernel module says of itself, such as 550.54.15; null where it says none.</summary>
    internal static string? DriverVersion(string kernelModule) =>
        Version().Match(kernelModule) is { Success: true } found ? found.Groups[1].Value : null;

    /// <summary>Does something in the device's context, whichever the thread was in.</summary>
    public void Within(Action act)
    {
        CudaDriver.Check(CudaDriver.PushContext(_context), "cuCtxPushCurrent");
        try
        {
            act();
        }
        finally
        {
            CudaDriver.Check(CudaDriver.PopContext(out _), "cuCtxPopCurrent");
        }
    }

    [GeneratedRegex(@"Kernel Module\D.*?\s(\d+(\.\d+)+)\s", RegexOptions.CultureInvariant)]
    private static partial Regex Version();
}
