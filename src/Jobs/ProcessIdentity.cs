using System.Diagnostics;
using System.Globalization;

namespace HeadScope.Jobs;

/// <summary>
/// Which process, of which machine, since which boot: enough for another process on the same machine to know that it is gone.
/// </summary>
/// <param name="Scope">Machine, boot and process namespace; process ids mean something only within one.</param>
/// <param name="Started">When the process started, in the system's own terms; ids are used again, start times are not.</param>
public sealed record ProcessIdentity(string Host, string Scope, int ProcessId, string Started)
{
    public static ProcessIdentity Current { get; } =
        new(Environment.MachineName, CurrentScope(), Environment.ProcessId, StartOf(Environment.ProcessId) ?? "");

    /// <summary>Whether the process is known to have ended. False where nothing is known of it: on another machine, say.</summary>
    public bool HasEnded => Scope == Current.Scope && StartOf(ProcessId) != Started;

    static string CurrentScope()
    {
        if (!OperatingSystem.IsLinux())
            return Environment.MachineName;
        var boot = File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim();
        var processes = new FileInfo("/proc/self/ns/pid").LinkTarget;
        return $"{Environment.MachineName} {boot} {processes}";
    }

    static string? StartOf(int processId)
    {
        try
        {
            if (OperatingSystem.IsLinux())
            {
                // Field 22 of stat; the second, the name, may hold spaces and parentheses.
                var stat = File.ReadAllText($"/proc/{processId.ToString(CultureInfo.InvariantCulture)}/stat");
                var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
                return fields[0] is "Z" or "X" ? null : fields[19];
            }

            using var process = Process.GetProcessById(processId);
            return process.StartTime.ToUniversalTime().Ticks.ToString(CultureInfo.InvariantCulture);
        }
        catch (Exception e) when (e is IOException or ArgumentException or InvalidOperationException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
