using System.Diagnostics;
using System.Globalization;

namespace HeadScope.Client.Output;

/// <summary>The most memory this process has held at once.</summary>
internal static class PeakMemory
{
    public static long MiB
    {
        get
        {
            if (OperatingSystem.IsLinux())
            {
                // PeakWorkingSet64 reads 0 on Linux.
                var line = File.ReadLines("/proc/self/status").FirstOrDefault(line => line.StartsWith("VmHWM:", StringComparison.Ordinal));
                if (line is not null)
                    return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2], CultureInfo.InvariantCulture) / 1024;
            }

            using var process = Process.GetCurrentProcess();
            return process.PeakWorkingSet64 >> 20;
        }
    }
}
