using System.Diagnostics;
using HeadScope.Fuzzing.Targets;

namespace HeadScope.Fuzzing.Runs;

/// <summary>
/// Runs each target in a process of its own and watches it: an input that ends the process, holds it or takes all its memory is written
/// down like any other fault, and the run goes on behind it.
/// </summary>
internal sealed class Supervisor(long inputs, int seed, string? only, string folder, bool keep)
{
    /// <summary>What the process of a target may hold, native memory too.</summary>
    const long MostMemory = 2L << 30;

    /// <summary>The heap that the runtime allows, in hexadecimal.</summary>
    const string MostHeap = "0x60000000";

    /// <summary>Processes that a target may lose before the run gives it up.</summary>
    const int MostProcesses = 20;

    static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(200);

    /// <summary>Of the processor, for one input, and of the clock, where it waits for something.</summary>
    static readonly TimeSpan MostTime = 2 * FuzzCase.MostTime, MostWait = TimeSpan.FromMinutes(2);

    /// <returns>The number of faults.</returns>
    public long Run()
    {
        var targets = FuzzTargets.All.Where(target => only is null || target.Name == only).ToList();
        var program = Coverage.Instrument();
        var shares = targets.Sum(target => target.Share);
        var total = 0L;
        Console.WriteLine($"{"target",-20} {"inputs",9} {"accepted",9} {"faults",7} {"slowest",9} {"memory",7} {"edges",6} {"seconds",8}");
        foreach (var target in targets)
        {
            var count = Math.Max(1, inputs * target.Share / shares);
            var path = Path.GetTempFileName();
            using (var state = new RunState(path))
            {
                var clock = Stopwatch.StartNew();
                RunTarget(program, target.Name, count, path, state);
                total += state.Faults;
                Console.WriteLine(
                    $"{target.Name,-20} {state.Case,9} {state.Accepted,9} {state.Faults,7} {state.Slowest.TotalMilliseconds,6:N0} ms "
                    + $"{state.Memory,7:P0} {state.Edges,6} {clock.Elapsed.TotalSeconds,8:N0}");
            }

            File.Delete(path);
        }

        return total;
    }

    void RunTarget(string program, string target, long count, string path, RunState state)
    {
        var faults = new FaultFiles(folder, target);
        for (var processes = 0; state.Case < count && processes < MostProcesses; processes++)
        {
            using var process = Start(program, target, state.Case, count, path);
            if (Watch(process, state) is not { } end)
                return;
            if (state.Reads == 0)
                throw new InvalidOperationException($"The target {target} cannot be made: {end.Fault}.");
            faults.Write(end.Place, state.Input, end.Fault);
            state.Faults++;
            state.Case++;
        }
    }

    Process Start(string program, string target, long first, long count, string path)
    {
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet") { UseShellExecute = false };
        foreach (var argument in (string[])[program, "worker", target, $"{first}", $"{count}", $"{seed}", folder, $"{keep}", path])
            start.ArgumentList.Add(argument);
        start.Environment["DOTNET_GCHeapHardLimit"] = MostHeap;
        start.Environment["DOTNET_gcServer"] = "0";
        return Process.Start(start)!;
    }

    /// <returns>What the input in work did to the process; null where the process did all.</returns>
    static (string Place, string Fault)? Watch(Process process, RunState state)
    {
        var (reads, since, clock) = (0L, TimeSpan.Zero, Stopwatch.StartNew());
        while (!process.WaitForExit(Poll))
        {
            if (Usage(process) is not var (used, held))
                continue;
            if (state.Reads != reads)
                (reads, since, clock) = (state.Reads, used, Stopwatch.StartNew());
            var end = held > MostMemory ? ("process-memory", $"the process holds {held:N0} bytes")
                : reads > 0 && used - since > MostTime ? ("hang", $"{(used - since).TotalSeconds:N0} s of the processor without an end")
                : clock.Elapsed > MostWait ? ("wait", $"{clock.Elapsed.TotalSeconds:N0} s without an end")
                : default((string, string)?);
            if (end is null)
                continue;
            process.Kill();
            process.WaitForExit();
            return end;
        }

        return process.ExitCode == 0 ? null : ("crash", $"the process ended with code {process.ExitCode}");
    }

    /// <returns>Time of the processor and bytes; null where the process has just ended.</returns>
    static (TimeSpan Used, long Held)? Usage(Process process)
    {
        try
        {
            process.Refresh();
            return (process.TotalProcessorTime, process.WorkingSet64);
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }
}
