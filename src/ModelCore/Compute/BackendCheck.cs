using System.Diagnostics;
using HeadScope.ModelCore.Compute.Reference;

namespace HeadScope.ModelCore.Compute;

/// <summary>Whether a backend computes what it should on this machine, and how fast.</summary>
/// <param name="Distance">How far one layer's activations, scores and loss are from float64, relative to values above 1.</param>
/// <param name="OperationsPerSecond">Floating-point operations a second in matrix products.</param>
public sealed record BackendCheck(double Distance, double OperationsPerSecond)
{
    /// <param name="time">How long to multiply for.</param>
    public static BackendCheck Run(IBackend backend, TimeSpan time) => new(DistanceOf(backend), Speed(backend, time));

    /// <summary>How far a backend is from float64; see <see cref="Distance"/>. Takes some milliseconds.</summary>
    public static double DistanceOf(IBackend backend)
    {
        using var reference = new ReferenceBackend();
        return Layer(backend).Zip(Layer(reference), (have, want) => Math.Abs(have - (double)want) / Math.Max(1, Math.Abs(want))).Max();
    }

    /// <summary>Norm, products, rotation, attention with scores, activation and loss, of random numbers.</summary>
    static float[] Layer(IBackend backend)
    {
        const int Heads = 3, Size = 16, Model = Heads * Size, Vocabulary = 300;
        var batch = new BatchShape(2, 33);
        var random = new Random(1);
        float[] Numbers(int count) => [.. Enumerable.Range(0, count).Select(_ => random.NextSingle() - 0.5f)];
        int[] tokens = [.. Enumerable.Range(0, batch.Positions).Select(_ => random.Next(20))];
        using var x = backend.Upload(Numbers(batch.Positions * Model), batch.Positions, Model);
        using var matrix = backend.Load(Numbers(Model * 3 * Model), Model, 3 * Model, Numbers(3 * Model));
        using var unembed = backend.Load(Numbers(Model * Vocabulary), Model, Vocabulary);
        var (normalized, scale) = backend.Normalize(x, new Norm(NormKind.LayerNorm, 1e-5f, null, null));
        using var projected = backend.Multiply(normalized, matrix);
        using var query = projected.SliceColumns(0, Model);
        using var key = projected.SliceColumns(Model, Model);
        using var value = projected.SliceColumns(2 * Model, Model);
        backend.Rotate(query, Size, batch, new Rotary(Size, 10000, batch.Context));
        using var directions = backend.GatherOutputs(unembed, tokens);
        using var contribution = backend.Allocate(Heads, batch.Positions);
        using var attention = backend.Allocate(Heads, batch.Positions);
        using var restricted = backend.Allocate(Heads, batch.Positions);
        var scoring = new HeadScoring
        {
            TargetDirections = directions,
            Contribution = contribution,
            Sources = [new SourceScoring(CopiesOfNext(tokens, batch), attention, restricted)],
        };
        using var z = backend.Attend(
            new AttentionInputs(query, key, value, batch, new HeadShape(Heads, Heads, Size), 0.25f),
            new AttentionHooks { Scoring = scoring });
        backend.Activate(z, Activation.Gelu);
        using var loss = backend.TokenLoss(z, unembed, tokens);
        var results = new List<float>();
        foreach (var tensor in new[] { normalized, scale, z, contribution, attention, restricted, loss })
        {
            using var download = backend.StartDownload(tensor); // as scores are
            download.Finish((_, values) => results.AddRange(values));
        }

        normalized.Dispose();
        scale.Dispose();
        return [.. results];
    }

    /// <summary>For each position the sources at or before it that hold the next token.</summary>
    static SourceLists CopiesOfNext(int[] tokens, BatchShape batch)
    {
        var offsets = new int[batch.Positions + 1];
        var sources = new List<int>();
        for (var index = 0; index < batch.Positions; index++)
        {
            var destination = index % batch.Context;
            for (var source = 0; source <= destination && destination + 1 < batch.Context; source++)
            {
                if (tokens[index - destination + source] == tokens[index + 1])
                    sources.Add(source);
            }

            offsets[index + 1] = sources.Count;
        }

        return new SourceLists(batch, offsets, [.. sources]);
    }

    /// <summary>In products as large as the device needs to be busy for long enough that starting them does not matter.</summary>
    static double Speed(IBackend backend, TimeSpan time)
    {
        const int Smallest = 1024, Largest = 8192;
        for (var size = Smallest; ; size *= 2)
        {
            var values = new float[size * size];
            using var x = backend.Upload(values, size, size);
            using var matrix = backend.Load(values, size, size);
            Multiply(); // what the first time needs
            var started = Stopwatch.GetTimestamp();
            Multiply();
            if (size < Largest && Stopwatch.GetElapsedTime(started) < time / 1000)
                continue;
            var products = 0;
            for (started = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(started) < time; products++)
                Multiply();
            return products * 2.0 * size * size * size / Stopwatch.GetElapsedTime(started).TotalSeconds;

            void Multiply()
            {
                using var product = backend.Multiply(x, matrix);
                using var corner = product.SliceRows(0, 1);
                backend.Download(corner, values.AsSpan(0, size)); // a device may be done with it later than the call is
            }
        }
    }
}
