using System.Diagnostics;
using HeadScope.Jobs.Work;
using HeadScope.ModelCore.Compute;

namespace HeadScope.Benchmarks;

/// <summary>Scoring by TorchSharp on one device, in each precision it has, beside the notebook's loop in PyTorch there.</summary>
public static class CardSpeed
{
    const string Torch = "torch";

    public static void Run(IReadOnlyList<string> models, string name, int batch, int context, int batches, string python)
    {
        if (ComputeBackends.WhyMissing(Torch) is { } reason)
        {
            Console.WriteLine($"Nothing was measured: {reason}.");
            return;
        }

        var all = ComputeBackends.DevicesOf(Torch);
        var device = all.FirstOrDefault(device => device.Name == name);
        if (device is null)
        {
            Console.WriteLine($"Nothing was measured: there is no {name} here, only {string.Join(", ", all.Select(device => device.Name))}. --device cpu measures the same on processors.");
            return;
        }

        var onCard = name != "cpu";
        var peer = PeerFault(python, onCard);
        Console.WriteLine(peer is null ? $"peer: {python}" : $"no peer: {peer}");
        foreach (var model in models)
        {
            foreach (var precision in Enum.GetValues<Precision>().Where(device.Supports))
                Breakdown.Run(model, batch, context, batches, Environment.ProcessorCount, brief: false, device, precision, onCard ? Settle : null);
            if (peer is null)
                Console.WriteLine($"{model}, {batch} x {context} tokens, notebook_loop.py, float32: {NotebookLoop(python, model, batch, context, batches, onCard)}");
        }
    }

    static string NotebookLoop(string python, string model, int batch, int context, int batches, bool onCard)
    {
        var script = Path.Combine(AppContext.BaseDirectory, "notebook_loop.py");
        string[] arguments = [script, model, $"{batch}", $"{context}", $"{batches}", $"{Environment.ProcessorCount}", .. onCard ? ["cuda"] : Array.Empty<string>()];
        var (code, output, error) = Start(python, arguments);
        return code == 0 && output.Split() is [var seconds, var tokens, var peak, ..]
            ? $"{seconds} s a batch, {tokens} tokens/s, peak {peak} MiB"
            : $"failed: {error.TrimEnd().Split('\n')[^1]}"; // out of memory, as a rule
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
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, error.Result);
    }

#if HEADSCOPE_TORCH
    static void Settle() => TorchSharp.torch.cuda.synchronize();
#else
    static void Settle() => throw new NotSupportedException("This build has no TorchSharp.");
#endif
}
