using System.Globalization;

namespace HeadScope.Data.Tests;

/// <summary>
/// By how much the memory of the whole process, that of native libraries too, grew at the most since this object was made. Linux
/// tells it; elsewhere it is 0.
/// </summary>
internal sealed class PeakMemory
{
    readonly long _start;

    public PeakMemory()
    {
        if (!OperatingSystem.IsLinux())
            return;
        GC.Collect();
        File.WriteAllText("/proc/self/clear_refs", "5"); // the peak becomes what is held
        _start = Peak();
    }

    /// <summary>Bytes.</summary>
    public long Growth => OperatingSystem.IsLinux() ? Math.Max(0, Peak() - _start) : 0;

    static long Peak()
    {
        var line = File.ReadLines("/proc/self/status").First(line => line.StartsWith("VmHWM:", StringComparison.Ordinal));
        return 1024 * long.Parse(line.AsSpan()["VmHWM:".Length..^"kB".Length].Trim(), CultureInfo.InvariantCulture);
    }
}
