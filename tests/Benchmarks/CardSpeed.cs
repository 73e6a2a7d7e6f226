using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using HeadScope.Jobs.Work;
using HeadScope.ModelCore.Compute;

namespace HeadScope.Benchmarks;

/// <summary>
/// Scoring by TorchSharp on one device, in each precision it has, beside the notebook's loop in PyTorch there: a Markdown page. Each
/// measurement is a process of its own, so that one that fails, or dies, leaves the others be.
/// </summary>
public static class CardSpeed
{
    const string Torch = "torch";
    const int PileRows = 60_194; // of Pile-10k, in rows of 256 tokens

    static readonly TimeSpan Limit = TimeSpan.FromMinutes(20);

    sealed record Peer(double SecondsPerBatch, double TokensPerSecond, double PeakMiB);

    /// <returns>The exit code: 1 where nothing could be measured.</returns>
    public static int Run(
        IReadOnlyList<string> models, string name, int batch, int context, int batches, string python, string? file, string? libtorch)
    {
        if (ComputeBackends.WhyMissing(Torch, libtorch) is { } reason)
            return Nothing(reason);
        var all = ComputeBackends.DevicesOf(Torch, libtorch);
        if (all.FirstOrDefault(device => device.Name == name) is not { } device)
            return Nothing($"there is no {name} here, only {string.Join(", ", all.Select(device => device.Name))}. --device cpu measures " +
                $"the same on processors");
        var onCard = name != "cpu";
        var noPeer = PeerFault(python, onCard);
        StringBuilder table = new(), stages = new();
        table.AppendLine(CultureInfo.InvariantCulture, $"{string.Join(", ", [name, .. device.Parts])}; {Environment.ProcessorCount} " +
            $"processors; {batch} x {context} tokens a batch, {batches} batches.");
        table.AppendLine(noPeer is null ? $"Peer: tests/Benchmarks/notebook_loop.py, PyTorch of {python}." : $"No peer: {noPeer}");
        table.AppendLine();
        table.AppendLine("| model | what | tokens/s | times the peer | ms a batch | all of Pile-10k | counting, of that time | matrix " +
            "rate, TFLOP/s | share of it | MiB | from float64 |");
        table.AppendLine("| --- | --- | --: | --: | --: | --: | --: | --: | --: | --: | --: |");
        stages.AppendLine("Where a batch's time goes, with the device waited for after each stage, in ms:");
        stages.AppendLine();
        var measured = 0;
        foreach (var model in models)
        {
            var (peer, peerFault) = noPeer is null ? NotebookLoop(python, model, batch, context, batches, onCard) : (null, noPeer);
            foreach (var precision in Enum.GetValues<Precision>().Where(device.Supports))
            {
                Console.Error.WriteLine($"{model} in {precision.Name()} ...");
                var (run, fault) = Measure(model, name, precision, batch, context, batches, libtorch);
                if (run is null)
                {
                    table.AppendLine($"| {model} | HeadScope {precision.Name()} | failed: {fault} | | | | | | | | |");
                    continue;
                }

                measured++;
                var pile = (double)PileRows * 256 / run.TokensPerSecond;
                table.AppendLine(CultureInfo.InvariantCulture, $"| {model} | HeadScope {precision.Name()} | {run.TokensPerSecond:N0} | " +
                    $"{(peer is null ? "" : $"{run.TokensPerSecond / peer.TokensPerSecond:F2}")} | {run.SecondsPerBatch * 1e3:F1} | " +
                    $"{TimeSpan.FromSeconds(pile):h\\:mm\\:ss} | {run.CountSeconds / run.SecondsPerBatch:P0} | " +
                    $"{run.MatrixRate / 1e12:F2} | {run.Operations / run.SecondsPerBatch / run.MatrixRate:P0} | {run.PeakMiB:N0} | " +
                    $"{run.Distance:E1} |");
                stages.AppendLine(CultureInfo.InvariantCulture, $"- {model}, {run.Description}: {string.Join(", ", run.Stages.OrderByDescending(stage => stage.Value).Select(stage => $"{stage.Key} {stage.Value:F1}"))}");
            }

            table.AppendLine(peer is null
                ? $"| {model} | PyTorch, notebook's loop | {(noPeer is null ? $"failed: {peerFault}" : "")} | | | | | | | | |"
                : string.Create(CultureInfo.InvariantCulture, $"| {model} | PyTorch, notebook's loop, float32 | " +
                    $"{peer.TokensPerSecond:N0} | 1 | {peer.SecondsPerBatch * 1e3:F1} | " +
                    $"{TimeSpan.FromSeconds(PileRows * 256 / peer.TokensPerSecond):h\\:mm\\:ss} | | | | {peer.PeakMiB:N0} | |"));
        }

        var page = $"{table}\n{stages}";
        Console.Write(page);
        if (file is not null)
            File.WriteAllText(file, page);
        return measured > 0 ? 0 : 1;
    }

    static int Nothing(string reason)
    {
        Console.Error.WriteLine($"Nothing was measured: {reason}.");
        return 1;
    }

    static (CardRun? Run, string Fault) Measure(
        string model, string device, Precision precision, int batch, int context, int batches, string? libtorch)
    {
        string[] arguments =
        [
            "gpu-run", "--model", model, "--device", device, "--precision", precision.Name(), "--batch", $"{batch}", "--context",
            $"{context}", "--batches", $"{batches}", .. libtorch is null ? Array.Empty<string>() : ["--libtorch", libtorch],
        ];
        var (code, output, error) = Start(Environment.ProcessPath!, arguments);
        return code == 0 ? (JsonSerializer.Deserialize<CardRun>(output), "") : (null, Fault(code, error));
    }

    static (Peer? Peer, string Fault) NotebookLoop(string python, string model, int batch, int context, int batches, bool onCard)
    {
        Console.Error.WriteLine($"{model} by the peer ...");
        var script = Path.Combine(AppContext.BaseDirectory, "notebook_loop.py");
        string[] arguments =
        [
            script, model, $"{batch}", $"{context}", $"{batches}", $"{Environment.ProcessorCount}",
            .. onCard ? ["cuda"] : Array.Empty<string>(),
        ];
        var (code, output, error) = Start(python, arguments);
        return code == 0 && output.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries) is [var seconds, var tokens, var peak]
            ? (new Peer(Number(seconds), Number(tokens), Number(peak)), "")
            : (null, Fault(code, error));
    }

    /// <summary>The line that says what went wrong: of a stack trace or a traceback, out of memory as a rule.</summary>
    static string Fault(int code, string error)
    {
        var lines = error.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        var line = lines.FirstOrDefault(
            line => line.StartsWith("Unhandled exception", StringComparison.Ordinal)) ?? lines.LastOrDefault() ?? "no word";
        return $"{line.Replace('|', '/')} (exit code {code})";
    }

    /// <summary>Why this Python is no peer; null where it is one.</summary>
    static string? PeerFault(string python, bool onCard)
    {
        if (!File.Exists(python))
            return $"there is no {python}; name one with --python.";
        var (code, output, _) = Start(python, "-c", "import torch; print(torch.cuda.is_available())");
        return code != 0 ? $"{python} has no torch." : onCard && output.Trim() != "True" ? $"the torch of {python} has no CUDA." : null;
    }

    static (int Code, string Output, string Error) Start(string program, params string[] arguments)
    {
        using var process = Process.Start(
            new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEndAsync();
        if (!process.WaitForExit(Limit))
        {
            process.Kill(entireProcessTree: true);
            return (-1, "", $"not done after {Limit.TotalMinutes:F0} minutes");
        }

        return (process.ExitCode, output.Result, error.Result);
    }

    static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);
}
