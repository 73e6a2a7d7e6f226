using System.Diagnostics;
using HeadScope.Data.Weights;
using HeadScope.ModelCore.Compute;
using HeadScope.ModelCore.Compute.Managed;
using HeadScope.ModelCore.Model;
using HeadScope.ModelCore.Scoring;

namespace HeadScope.Benchmarks;

/// <summary>Where the time of scoring goes.</summary>
public static class Breakdown
{
    public static void Run(string name, int batchSize, int context, int batches, int threads, bool brief)
    {
        var folder = RandomModel.Write(Path.Combine(Path.GetTempPath(), $"headscope-random-{name}"), name);
        using var weights = ModelWeights.Open(folder, WeightProcessing.Default);
        using var loader = new ManagedBackend(threads);
        using var model = Transformer.Load(weights, loader);
        using var backend = new TimingBackend(new ManagedBackend(threads));
        var scorer = new HeadScorer(model, backend, ScoreSelection.Default);
        var batch = new BatchShape(batchSize, context);
        var random = new Random(2);
        var tokens = Enumerable.Range(0, batch.Positions).Select(_ => random.Next(model.Config.DVocab)).ToArray();
        scorer.Score(tokens, batch);
        backend.Reset();
        var seconds = new List<double>();
        for (var i = 0; i < batches; i++)
        {
            var started = Stopwatch.GetTimestamp();
            scorer.Score(tokens, batch);
            seconds.Add(Stopwatch.GetElapsedTime(started).TotalSeconds);
        }

        seconds.Sort();
        var median = seconds[batches / 2];
        if (brief)
        {
            var peak = File.ReadLines("/proc/self/status").First(line => line.StartsWith("VmHWM:", StringComparison.Ordinal))
                .Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2];
            Console.WriteLine($"{median:F3} {batch.Positions / median:F1} {long.Parse(peak) / 1024}");
            return;
        }

        var total = seconds.Sum();
        Console.WriteLine($"{name}, {batchSize} x {context} tokens, {backend.Description}: {median:F3} s a batch, " +
            $"{batch.Positions / median:F0} tokens/s, {backend.Operations / batches / 1e9:F1} GFLOP in products a batch");
        var rest = total;
        foreach (var (stage, spent) in backend.Spent.OrderByDescending(stage => stage.Value))
        {
            rest -= spent.TotalSeconds;
            Console.WriteLine($"  {stage,-24}{spent.TotalSeconds / batches * 1e3,9:F1} ms {spent.TotalSeconds / total,7:P1}");
        }

        Console.WriteLine($"  {"everything else",-24}{rest / batches * 1e3,9:F1} ms {rest / total,7:P1}");
    }
}
