using HeadScope.ModelCore.Compute;
using HeadScope.ModelCore.Compute.Managed;
using HeadScope.ModelCore.Compute.Reference;

namespace HeadScope.ModelCore.Tests.Compute;

/// <summary>Each operation of the managed backend, on each kernel, beside the same in float64.</summary>
public class ManagedBackendTests
{
    public static TheoryData<string> Kernels
    {
        get
        {
            var kernels = new TheoryData<string> { "portable" };
            if (System.Runtime.Intrinsics.X86.Fma.IsSupported)
                kernels.Add("AVX2");
            if (System.Runtime.Intrinsics.X86.Avx512F.IsSupported)
                kernels.Add("AVX-512");
            return kernels;
        }
    }

    static ManagedBackend Create(string kernel, int threads = 1) => new(threads, kernel switch
    {
        "AVX-512" => MicroKernel.Avx512,
        "AVX2" => MicroKernel.Avx2,
        _ => MicroKernel.Portable,
    });

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Multiply_ShapesAroundTheTiles_IsTheProduct(string kernel)
    {
        foreach (var (rows, inputs, outputs) in new[] { (1, 1, 1), (5, 3, 17), (12, 32, 32), (13, 600, 33), (170, 64, 100), (337, 513, 47), (3, 1030, 65) })
        {
            AssertNear(kernel, 2e-6 * Math.Sqrt(inputs), backend =>
            {
                using var x = backend.Upload(Random(rows * inputs, 1), rows, inputs);
                using var straight = backend.Load(Random(inputs * outputs, 2), inputs, outputs, Random(outputs, 3));
                using var transposed = backend.Load(Random(inputs * outputs, 2), inputs, outputs, transposed: true);
                return [Values(backend, backend.Multiply(x, straight)), Values(backend, backend.Multiply(x, transposed)), Values(backend, backend.GatherOutputs(straight, [outputs - 1, -1, 0]))];
            });
        }
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Elementwise_AnyWidth_IsTheFunction(string kernel)
    {
        foreach (var columns in new[] { 1, 15, 16, 33, 100 })
        {
            AssertNear(kernel, 4e-6, backend =>
            {
                List<float[]> results = [];
                using var other = backend.Upload(Random(7 * columns, 9), 7, columns);
                foreach (var activation in Enum.GetValues<Activation>())
                {
                    Tensor x = backend.Upload(Random(7 * columns, 4, 6), 7, columns), gate = backend.Upload(Random(7 * columns, 4, 6), 7, columns);
                    backend.Activate(x, activation);
                    backend.ActivateGate(gate, activation, other);
                    results.Add(Values(backend, x));
                    results.Add(Values(backend, gate));
                }

                foreach (var kind in Enum.GetValues<NormKind>())
                {
                    using var x = backend.Upload(Random(7 * columns, 5), 7, columns);
                    var norm = new Norm(kind, 1e-5f, backend.Upload(Random(columns, 6), 1, columns), backend.Upload(Random(columns, 7), 1, columns));
                    var (normalized, scale) = backend.Normalize(x, norm);
                    results.Add(Values(backend, normalized));
                    results.Add(Values(backend, scale));
                }

                var sum = backend.Upload(Random(7 * columns, 8), 7, columns);
                backend.Add(sum, other);
                results.Add(Values(backend, sum));
                return results;
            });
        }
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Attend_EveryVariant_IsSoftmaxAttention(string kernel)
    {
        foreach (var (context, heads, keyValueHeads, size, causal, window) in new (int, int, int, int, bool, int?)[]
        {
            (1, 1, 1, 4, true, null), (7, 2, 2, 5, true, null), (33, 2, 2, 16, true, null), (50, 4, 2, 24, true, null), (41, 2, 1, 32, true, 9), (70, 2, 2, 16, false, null), (35, 2, 2, 8, true, 1),
            (45, 6, 1, 6, true, 100), (40, 4, 2, 6, false, 5), (560, 1, 1, 4, true, 20), (560, 1, 1, 4, true, 520),
        })
        {
            var batch = new BatchShape(2, context);
            var random = new Random(context);
            var tokens = Enumerable.Range(0, batch.Positions).Select(_ => random.Next(context < 100 ? 5 : 500)).ToArray();
            AssertNear(kernel, 3e-6, backend =>
            {
                using var q = backend.Upload(Random(batch.Positions * heads * size, 1, 2), batch.Positions, heads * size);
                using var k = backend.Upload(Random(batch.Positions * keyValueHeads * size, 2, 2), batch.Positions, keyValueHeads * size);
                using var v = backend.Upload(Random(batch.Positions * keyValueHeads * size, 3), batch.Positions, keyValueHeads * size);
                using var w = backend.Upload(Random(batch.Positions * heads * size, 4), batch.Positions, heads * size);
                var copying = new CopyScoring(
                    w, new CopySources(tokens, batch), backend.Allocate(heads, batch.Positions), backend.Allocate(heads, batch.Positions), backend.Allocate(heads, batch.Positions));
                var taps = new AttentionTaps
                {
                    Copying = copying,
                    Pattern = backend.Allocate(batch.Positions * heads, context),
                    Scores = backend.Allocate(batch.Positions * heads, context),
                };
                var z = backend.Attend(new AttentionInputs(q, k, v, batch, new HeadShape(heads, keyValueHeads, size), 0.37f, causal, window), taps);
                return new[] { z, taps.Pattern, taps.Scores, copying.HeadDla, copying.MoverAttn, copying.MoverDla }.Select(tensor => Values(backend, tensor)).ToList();
            });
        }
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void TokenLoss_VocabulariesAroundTheTile_IsCrossEntropy(string kernel)
    {
        foreach (var (rows, model, vocabulary) in new[] { (1, 4, 2), (170, 16, 255), (20, 16, 256), (20, 40, 257), (9, 530, 700) })
        {
            var random = new Random(vocabulary);
            var targets = Enumerable.Range(0, rows).Select(row => row == 3 ? -1 : random.Next(vocabulary)).ToArray();
            AssertNear(kernel, 4e-6, backend =>
            {
                using var x = backend.Upload(Random(rows * model, 1), rows, model);
                using var unembed = backend.Load(Random(model * vocabulary, 2, 3), model, vocabulary, Random(vocabulary, 3));
                return [Values(backend, backend.TokenLoss(x, unembed, targets))];
            });
        }
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Results_OfAllKernelsAndThreadCounts_AreTheSameBits(string kernel)
    {
        var expected = Everything(Create("portable"));
        foreach (var threads in new[] { 1, 3 })
        {
            using var backend = Create(kernel, threads);
            Assert.Equal(expected, Everything(backend));
        }

        static uint[] Everything(ManagedBackend backend)
        {
            var batch = new BatchShape(3, 45);
            const int Heads = 3, Size = 24, Model = 72, Vocabulary = 300;
            using var x = backend.Upload(Random(batch.Positions * Model, 1), batch.Positions, Model);
            using var matrix = backend.Load(Random(Model * 3 * Model, 2, 0.3f), Model, 3 * Model, Random(3 * Model, 3));
            var (normalized, scale) = backend.Normalize(x, new Norm(NormKind.LayerNorm, 1e-5f, null, null));
            using var qkv = backend.Multiply(normalized, matrix);
            using var q = qkv.SliceColumns(0, Model);
            using var k = qkv.SliceColumns(Model, Model);
            using var v = qkv.SliceColumns(2 * Model, Model);
            backend.Rotate(q, Size, batch, new Rotary(8, 10000, 64));
            var z = backend.Attend(new AttentionInputs(q, k, v, batch, new HeadShape(Heads, Heads, Size), 0.2f), AttentionTaps.None);
            backend.Activate(z, Activation.Gelu);
            using var unembed = backend.Load(Random(Model * Vocabulary, 5), Model, Vocabulary);
            var loss = backend.TokenLoss(z, unembed, [.. Enumerable.Range(0, batch.Positions)]);

            // Grouped queries under a window that starts within a block of the second product.
            var longer = new BatchShape(1, 1100);
            using var grouped = backend.Upload(Random(longer.Positions * 6 * 6, 6, 2), longer.Positions, 6 * 6);
            using var keys = grouped.SliceColumns(0, 2 * 6);
            backend.Rotate(grouped, 36, longer, new Rotary(34, 10000, longer.Context));
            var windowed = backend.Attend(new AttentionInputs(grouped, keys, keys, longer, new HeadShape(6, 2, 6), 0.4f, Window: 530), AttentionTaps.None);
            using var gate = backend.Upload(Random(windowed.Rows * windowed.Columns, 7), windowed.Rows, windowed.Columns);
            backend.ActivateGate(windowed, Activation.Silu, gate);
            var (rms, _) = backend.Normalize(windowed, new Norm(NormKind.Rms, 1e-6f, null, null));
            return [.. new[] { z, loss, scale, windowed, rms }.SelectMany(tensor => Values(backend, tensor)).Select(BitConverter.SingleToUInt32Bits)];
        }
    }

    [Fact]
    public void Pool_DisposedTensors_AreAllGivenBack()
    {
        using var backend = new ManagedBackend();
        for (var i = 0; i < 3; i++)
        {
            using var x = backend.Upload(Random(100, 1), 10, 10);
            using var view = x.SliceRows(2, 3);
            using var w = backend.Load(Random(100, 2), 10, 10);
            using var y = backend.Multiply(view, w);
        }

        Assert.Equal(0, backend.LiveTensors);
    }

    static void AssertNear(string kernel, double tolerance, Func<IBackend, IReadOnlyList<float[]>> compute)
    {
        using var reference = new ReferenceBackend();
        var expected = compute(reference);
        foreach (var threads in new[] { 1, 2 })
        {
            using var backend = Create(kernel, threads);
            foreach (var (index, (want, have)) in expected.Zip(compute(backend)).Index())
            {
                Assert.Equal(want.Length, have.Length);
                for (var i = 0; i < want.Length; i++)
                    Assert.True(want[i] == have[i] || Math.Abs(want[i] - have[i]) <= tolerance * Math.Max(1, Math.Abs(want[i])), $"result {index}, element {i}: {have[i]} where {want[i]} is right ({kernel}, {threads} threads)");
            }
        }
    }

    static float[] Values(IBackend backend, Tensor tensor)
    {
        using (tensor)
        {
            var values = new float[tensor.Rows * tensor.Columns];
            backend.Download(tensor, values);
            return values;
        }
    }

    static float[] Random(int count, int seed, float range = 1)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => (random.NextSingle() * 2 - 1) * range)];
    }
}
