using System.Diagnostics;
using System.Text;
using System.Text.Json;
using HeadScope.Data.Tokens;
using HeadScope.Data.Weights;
using HeadScope.Jobs.Shards;
using HeadScope.Jobs.Specs;
using HeadScope.Jobs.Work;
using HeadScope.ModelCore.Compute;
using HeadScope.ModelCore.Model;
using HeadScope.ModelCore.Scoring;

namespace HeadScope.Benchmarks;

/// <summary>One model in one precision on one device, in a process of its own: as a worker scores and counts a shard.</summary>
/// <param name="MatrixRate">Operations a second in large products, measured on the same device in the same precision.</param>
/// <param name="Distance">From float64, on one layer of random numbers.</param>
/// <param name="Operations">Of a batch, in products.</param>
/// <param name="CountSeconds">Of a batch, for its histograms, on one core beside the device.</param>
/// <param name="PeakMiB">What scoring took of the device's memory; on processors, of the machine's.</param>
/// <param name="Stages">Milliseconds of a batch by stage, the device's queue emptied after each.</param>
public sealed record CardRun(
    string Description, double MatrixRate, double Distance, double SecondsPerBatch, double TokensPerSecond, double Operations,
    double CountSeconds, double PeakMiB,
    IReadOnlyDictionary<string, double> Stages)
{
    const int Threads = 1; // of the host's; processors as a device take all

    public static void Print(string model, string deviceName, Precision precision, int batchSize, int context, int batches, string? libtorch) =>
        Console.WriteLine(JsonSerializer.Serialize(
            Measure(model, ComputeBackends.Find("torch", deviceName, libtorch)[0], precision, batchSize, context, batches)));

    static CardRun Measure(string name, IComputeDevice device, Precision precision, int batchSize, int context, int batches)
    {
        var onCard = device.Name != "cpu";
        var threads = onCard ? Threads : Environment.ProcessorCount;
        var folder = RandomModel.Write(Path.Combine(Path.GetTempPath(), $"headscope-random-{name}"), name);
        using var backend = new TimingBackend(device.Open(threads, precision));
        var distance = BackendCheck.DistanceOf(backend); // the device is awake now, and its libraries are loaded
        var before = device.Memory.Used;
        using var weights = ModelWeights.Open(folder, WeightProcessing.Default);
        using var loader = device.Open(threads, precision);
        using var model = Transformer.Load(weights, loader);
        var tokenFile = RandomTokens(model.Config.DVocab, batchSize * batches, context);
        using var tokens = TokenDataset.Open(new TokenLocation(tokenFile));
        var heads = model.Config.HeadCount;
        var scores = new ScoreTable(ScoreSelection.Default, heads, context, batchSize * batches);
        var scorer = new ModelShardScorer(new HeadScorer(model, backend, ScoreSelection.Default), backend, tokens, batchSize);
        scorer.Score(new ShardRange(0, 0, batchSize), scores, _ => { }, default);
        if (scorer.BatchSize < batchSize)
            throw new OutOfMemoryException($"{batchSize} sequences do not fit; {scorer.BatchSize} do.");

        var seconds = Shard();
        // The library gives nothing back meanwhile.
        var peak = onCard ? device.Memory.Used - before : Process.GetCurrentProcess().PeakWorkingSet64;
        var counter = new ShardCounter(ScoreSelection.Default);
        counter.Count(scores, 0, JobRequest.DefaultExamples); // compiled now
        var clock = Stopwatch.StartNew();
        counter.Count(scores, 0, JobRequest.DefaultExamples);
        var counting = clock.Elapsed.TotalSeconds / batches;

        backend.Settle = onCard ? Settle : null;
        var settled = Shard();
        var stages = backend.Spent.ToDictionary(stage => stage.Key, stage => stage.Value.TotalMilliseconds / batches);
        stages["everything else"] = settled * 1e3 - stages.Values.Sum();
        var operations = backend.Operations / batches;
        backend.Settle = null;
        File.Delete(tokenFile);
        return new CardRun(
            backend.Description, BackendCheck.Run(backend, TimeSpan.FromSeconds(1)).OperationsPerSecond, distance, seconds,
            batchSize * context / seconds, operations, counting, peak / (double)(1 << 20), stages);

        // Seconds of a batch.
        double Shard()
        {
            backend.Reset();
            scores.Clear();
            var clock = Stopwatch.StartNew();
            scorer.Score(new ShardRange(0, 0, batchSize * batches), scores, _ => { }, default);
            return clock.Elapsed.TotalSeconds / batches;
        }
    }

    /// <summary>A .npy file of int32, [rows, context]; as in text, some tokens are frequent, so that there are copies.</summary>
    static string RandomTokens(int vocabulary, int rows, int context)
    {
        var path = Path.Combine(Path.GetTempPath(), $"headscope-random-{Guid.NewGuid():N}.npy");
        var header = $"{{'descr': '<i4', 'fortran_order': False, 'shape': ({rows}, {context}), }}";
        header = header.PadRight((10 + header.Length + 64) / 64 * 64 - 10 - 1) + "\n";
        using var file = new BinaryWriter(File.Create(path));
        file.Write([0x93, .. "NUMPY"u8, 1, 0]);
        file.Write((ushort)header.Length);
        file.Write(Encoding.ASCII.GetBytes(header));
        var random = new Random(2);
        for (var i = 0; i < rows * context; i++)
            file.Write((int)Math.Min(vocabulary - 1, Math.Exp(random.NextDouble() * Math.Log(vocabulary)) - 1));
        return path;
    }

    static void Settle() => TorchSharp.torch.cuda.synchronize();
}
