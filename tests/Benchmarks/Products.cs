using System.Diagnostics;
using System.Runtime.InteropServices;
using HeadScope.ModelCore.Compute;
using HeadScope.ModelCore.Compute.Managed;

namespace HeadScope.Benchmarks;

/// <summary>GFLOP/s of matrix products of the shapes that models have, each micro-kernel beside OpenBLAS.</summary>
public static unsafe partial class Products
{
    static readonly (int Rows, int Inputs, int Outputs)[] Shapes =
        [(2048, 2048, 2048), (2048, 512, 1536), (2048, 512, 2048), (2048, 2048, 512), (2048, 128, 384), (2048, 128, 512), (2048, 512, 128)];

    public static void Run(int threads)
    {
        var blas = HasOpenBlas(threads);
        Console.WriteLine($"GFLOP/s, {threads} threads, median of 7{(blas ? "" : "; OpenBLAS is not installed (libopenblas.so.0)")}");
        Console.WriteLine($"{"rows x inputs x outputs",-26}{"AVX-512",10}{"AVX2",10}{"portable",10}{"OpenBLAS",10}");
        foreach (var (rows, inputs, outputs) in Shapes)
        {
            float[] x = Random(rows * inputs), w = Random(inputs * outputs), y = new float[rows * outputs];
            Console.Write($"{$"{rows} x {inputs} x {outputs}",-26}");
            foreach (var kernel in new[] { MicroKernel.Avx512, MicroKernel.Avx2, MicroKernel.Portable })
            {
                using var backend = new ManagedBackend(threads, kernel);
                using var tensor = backend.Upload(x, rows, inputs);
                using var matrix = backend.Load(w, inputs, outputs);
                Print(Median(2e-9 * rows * inputs * outputs, () => backend.Multiply(tensor, matrix).Dispose()));
            }

            if (blas)
            {
                fixed (float* px = x, pw = w, py = y)
                {
                    nint ax = (nint)px, aw = (nint)pw, ay = (nint)py;
                    Print(Median(2e-9 * rows * inputs * outputs, () => Sgemm(101, 111, 111, rows, outputs, inputs, 1, (float*)ax, inputs, (float*)aw, outputs, 0, (float*)ay, outputs)));
                }
            }

            Console.WriteLine();
        }

        using var best = new ManagedBackend(threads);
        foreach (var (rows, context, heads, keyValueHeads, size, window) in new (int, int, int, int, int, int?)[]
        {
            (8, 256, 8, 8, 64, null), (8, 256, 4, 4, 32, null), (8, 256, 8, 2, 64, null), (1, 2048, 8, 2, 64, null), (1, 2048, 8, 2, 64, 256),
        })
        {
            var batch = new BatchShape(rows, context);
            using var q = best.Upload(Random(batch.Positions * heads * size), batch.Positions, heads * size);
            using var kv = q.SliceColumns(0, keyValueHeads * size);
            var inputs = new AttentionInputs(q, kv, kv, batch, new HeadShape(heads, keyValueHeads, size), 0.125f, Window: window);
            var visible = Enumerable.Range(0, context).Sum(destination => (double)Math.Min(destination + 1, window ?? context));
            var rate = Median(4e-9 * rows * heads * visible * size, () => best.Attend(inputs, new AttentionHooks()).Dispose());
            Console.WriteLine($"attention, {rows} x {context} tokens, {heads} heads of {size}, {keyValueHeads} of keys and " +
                $"values{(window is null ? "" : $", window {window}")}: {rate:F0} GFLOP/s of what is visible");
        }
    }

    static void Print(double rate) => Console.Write($"{rate,10:F0}");

    static double Median(double giga, Action action)
    {
        action();
        action();
        var repeats = Math.Max(1, (int)(2 / giga));
        var rates = new List<double>();
        for (var i = 0; i < 7; i++)
        {
            var started = Stopwatch.GetTimestamp();
            for (var r = 0; r < repeats; r++)
                action();
            rates.Add(giga * repeats / Stopwatch.GetElapsedTime(started).TotalSeconds);
        }

        rates.Sort();
        return rates[3];
    }

    static float[] Random(int count)
    {
        var random = new Random(1);
        return [.. Enumerable.Range(0, count).Select(_ => random.NextSingle() - 0.5f)];
    }

    static bool HasOpenBlas(int threads)
    {
        try
        {
            SetThreads(threads);
            return true;
        }
        catch (DllNotFoundException)
        {
            return false;
        }
    }

    [LibraryImport("libopenblas.so.0", EntryPoint = "openblas_set_num_threads")]
    private static partial void SetThreads(int threads);

    [LibraryImport("libopenblas.so.0", EntryPoint = "cblas_sgemm")]
    private static partial void Sgemm(
        int order, int transposeA, int transposeB, int m, int n, int k, float alpha, float* a, int lda, float* b, int ldb, float beta,
        float* c, int ldc);
}
