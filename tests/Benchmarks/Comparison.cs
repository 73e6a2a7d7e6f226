using System.Diagnostics;
using System.Globalization;

namespace HeadScope.Benchmarks;

/// <summary>
/// HeadScope beside the notebook's loop in PyTorch, each in processes of its own, in turn, so that a machine whose speed drifts
/// favours neither.
/// </summary>
public static class Comparison
{
    sealed record Measured(double Seconds, double TokensPerSecond, double PeakMiB);

    public static void Run(string model, int batch, int context, int rounds, int threads, string python)
    {
        var script = Path.Combine(AppContext.BaseDirectory, "notebook_loop.py");
        List<Measured> ours = [], theirs = [];
        Console.WriteLine($"{model}, {batch} x {context} tokens, {threads} threads: tokens/s and peak MiB");
        for (var i = 0; i < rounds; i++)
        {
            theirs.Add(Start(python, script, model, $"{batch}", $"{context}", "4", $"{threads}"));
            ours.Add(Start(
                Environment.ProcessPath!, "breakdown", "--model", model, "--batch", $"{batch}", "--context", $"{context}", "--batches", "4",
                "--threads", $"{threads}", "--brief"));
            Console.WriteLine($"  PyTorch {theirs[i].TokensPerSecond,8:F0} {theirs[i].PeakMiB,7:F0}   HeadScope {ours[i].TokensPerSecond,8:F0} {ours[i].PeakMiB,7:F0}   {ours[i].TokensPerSecond / theirs[i].TokensPerSecond:F2} times as fast");
        }

        var ratios = ours.Zip(theirs, (a, b) => a.TokensPerSecond / b.TokensPerSecond).Order().ToList();
        Console.WriteLine($"median: {ratios[rounds / 2]:F2} times as fast ({ratios[0]:F2} to {ratios[^1]:F2}), in " +
            $"{ours.Max(m => m.PeakMiB) / theirs.Min(m => m.PeakMiB):P0} of the memory");
    }

    static Measured Start(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true };
        start.Environment.Remove("OPENBLAS_CORETYPE"); // a setting that slows the peer
        using var process = Process.Start(start)!;
        var words = process.StandardOutput.ReadToEnd().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        process.WaitForExit();
        return process.ExitCode == 0 && words.Length == 3
            ? new Measured(Number(words[0]), Number(words[1]), Number(words[2]))
            : throw new InvalidOperationException(
                $"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}: {string.Join(' ', words)}");
    }

    static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);
}
