using HeadScope.ModelCore.Compute;
using HeadScope.ModelCore.Compute.Managed;
using static HeadScope.ModelCore.Tests.Compute.BackendOperations;

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
    public void Multiply_ShapesAroundTheTiles_IsTheProduct(string kernel) => Operations(kernel).Multiply();

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Elementwise_AnyWidth_IsTheFunction(string kernel) => Operations(kernel).Elementwise();

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Download_WholeOrInPart_ShowsTheRows(string kernel) => Operations(kernel).Download();

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Attend_EveryVariant_IsSoftmaxAttention(string kernel) => Operations(kernel).Attend();

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Rotate_AnyPairs_TurnsThem(string kernel) => Operations(kernel).Rotate();

    [Theory]
    [MemberData(nameof(Kernels))]
    public void TokenLoss_VocabulariesAroundTheTile_IsCrossEntropy(string kernel) => Operations(kernel).TokenLoss();

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
            var z = backend.Attend(new AttentionInputs(q, k, v, batch, new HeadShape(Heads, Heads, Size), 0.2f), new AttentionHooks());
            backend.Activate(z, Activation.Gelu);
            using var unembed = backend.Load(Random(Model * Vocabulary, 5), Model, Vocabulary);
            var loss = backend.TokenLoss(z, unembed, [.. Enumerable.Range(0, batch.Positions)]);

            // Grouped queries under a window that starts within a block of the second product.
            var longer = new BatchShape(1, 1100);
            using var grouped = backend.Upload(Random(longer.Positions * 6 * 6, 6, 2), longer.Positions, 6 * 6);
            using var keys = grouped.SliceColumns(0, 2 * 6);
            backend.Rotate(grouped, 36, longer, new Rotary(34, 10000, longer.Context));
            var windowed = backend.Attend(
                new AttentionInputs(grouped, keys, keys, longer, new HeadShape(6, 2, 6), 0.4f, Window: 530), new AttentionHooks());
            using var gate = backend.Upload(Random(windowed.Rows * windowed.Columns, 7), windowed.Rows, windowed.Columns);
            backend.ActivateGate(windowed, Activation.Silu, gate);
            var (rms, _) = backend.Normalize(windowed, new Norm(NormKind.Rms, 1e-6f, null, null));

            // Normalised queries, neighbouring pairs, caps.
            backend.NormalizeRuns(grouped, 6, new Norm(NormKind.Rms, 1e-6f, null, null));
            backend.Rotate(grouped, 36, longer, new Rotary(34, 10000, longer.Context, adjacentPairs: true));
            var capped = backend.Attend(
                new AttentionInputs(grouped, keys, keys, longer, new HeadShape(6, 2, 6), 0.4f, Window: 530, Cap: 1), new AttentionHooks());
            var cappedLoss = backend.TokenLoss(z, unembed, [.. Enumerable.Range(0, batch.Positions)], 2);
            return [.. new[] { z, loss, scale, windowed, rms, capped, cappedLoss }.SelectMany(
                tensor => Values(backend, tensor)).Select(BitConverter.SingleToUInt32Bits)];
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

    static BackendOperations Operations(string kernel) => new(() => Create(kernel), () => Create(kernel, 2));
}
