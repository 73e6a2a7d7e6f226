using System.Diagnostics;
using HeadScope.ModelCore.Compute;
using HeadScope.ModelCore.Compute.Managed;
using HeadScope.ModelCore.Model;
using HeadScope.ModelCore.Scoring;
using HeadScope.ModelCore.Weights;

namespace HeadScope.Benchmarks;

/// <summary>Where the time of scoring goes.</summary>
public static class Breakdown
{
    public static void Run(string name, int batchSize, int context, int batches, int threads, bool brief) =>
        Run(name, batchSize, context, batches, threads, brief, ManagedDevice.Instance, Precision.Float32, null);

    /// <param name="settle">Waits until the device has done what it was told, where calls return before that: then batches are timed once without, once with it.</param>
    public static void Run(string name, int batchSize, int context, int batches, int threads, bool brief, IComputeDevice device, Precision precision, Action? settle)
    {
        var folder = RandomModel.Write(Path.Combine(Path.GetTempPath(), $"headscope-random-{name}"), name);
        using var weights = ModelWeights.Open(folder, WeightProcessing.Default);
        using var loader = device.Open(threads, precision);
        using var model = Transformer.Load(weights, loader);
        using var backend = new TimingBackend(device.Open(threads, precision));
        var scorer = new HeadScorer(model, backend);
        var batch = new BatchShape(batchSize, context);
        var random = new Random(2);
        var tokens = Enumerable.Range(0, batch.Positions).Select(_ => random.Next(model.Config.DVocab)).ToArray();
        var scores = new TokenScores(batch, model.Config.HeadCount);
        scorer.Score(tokens, scores);
        var seconds = ScoreAll();
        seconds.Sort();
        var median = seconds[batches / 2];
        if (brief)
        {
            var peak = File.ReadLines("/proc/self/status").First(line => line.StartsWith("VmHWM:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2];
            Console.WriteLine($"{median:F3} {batch.Positions / median:F1} {long.Parse(peak) / 1024}");
            return;
        }

        backend.Settle = settle;
        var total = (settle is null ? seconds : ScoreAll()).Sum();
        Console.WriteLine($"{name}, {batchSize} x {context} tokens, {backend.Description}: {median:F3} s a batch, {batch.Positions / median:F0} tokens/s, {backend.Operations / batches / 1e9:F1} GFLOP in products a batch");
        var rest = total;
        foreach (var (stage, spent) in backend.Spent.OrderByDescending(stage => stage.Value))
        {
            rest -= spent.TotalSeconds;
            Console.WriteLine($"  {stage,-24}{spent.TotalSeconds / batches * 1e3,9:F1} ms {spent.TotalSeconds / total,7:P1}");
        }

        Console.WriteLine($"  {"everything else",-24}{rest / batches * 1e3,9:F1} ms {rest / total,7:P1}");

        List<double> ScoreAll()
        {
            backend.Reset();
            var spent = new List<double>();
            for (var i = 0; i < batches; i++)
            {
                var started = Stopwatch.GetTimestamp();
                scorer.Score(tokens, scores);
                spent.Add(Stopwatch.GetElapsedTime(started).TotalSeconds);
            }

            return spent;
        }
    }
}
