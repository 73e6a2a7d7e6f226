using System.Diagnostics;
using HeadScope.Data.Weights;
using HeadScope.Jobs.Work;
using HeadScope.ModelCore.Compute;
using HeadScope.ModelCore.Model;
using HeadScope.ModelCore.Scoring;
using TorchSharp;

namespace HeadScope.Benchmarks;

/// <summary>
/// Resident memory and live tensors while TorchSharp scores batch after batch: flat, unless something outlives its batch.
/// </summary>
public static class Leak
{
    const int Rows = 10; // of the table that is printed

    public static void Run(string name, string deviceName, int batchSize, int context, int batches, int threads, string? libtorch)
    {
        var device = ComputeBackends.Find("torch", deviceName, libtorch)[0];
        using var backend = device.Open(threads, Precision.Float32);
        using var weights = ModelWeights.Open(
            RandomModel.Write(Path.Combine(Path.GetTempPath(), $"headscope-random-{name}"), name), WeightProcessing.Default);
        using var model = Transformer.Load(weights, backend);
        var scorer = new HeadScorer(model, backend, ScoreSelection.Default);
        var random = new Random(3);
        var tokens = new int[batchSize * context];
        Console.WriteLine($"{name} on {backend.Description}: batches of {batchSize} and {Math.Max(1, batchSize / 2)} x {context} tokens");
        Console.WriteLine("batches  resident, MiB  managed, MiB  tensors alive  batches/s");
        var clock = Stopwatch.StartNew();
        for (var i = 0; i <= batches; i++)
        {
            if (i % Math.Max(1, batches / Rows) == 0)
                Print(i, clock);
            for (var t = 0; t < tokens.Length; t++)
                tokens[t] = random.Next(model.Config.DVocab);

            // The shape of batches changes, as at the end of a shard.
            var batch = new BatchShape(i % 2 == 0 ? batchSize : Math.Max(1, batchSize / 2), context);
            scorer.Score(tokens.AsSpan(0, batch.Positions), batch);
        }
    }

    static void Print(int done, Stopwatch clock)
    {
        var managed = GC.GetTotalMemory(forceFullCollection: true);
        Console.WriteLine(
            $"{done,7}  {Environment.WorkingSet / (double)(1 << 20),13:F1}  {managed / (double)(1 << 20),12:F1}  " +
            $"{torch.Tensor.TotalCount,13}  {done / clock.Elapsed.TotalSeconds,9:F1}");
    }
}
