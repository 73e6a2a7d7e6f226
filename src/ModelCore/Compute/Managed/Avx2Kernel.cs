using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace HeadScope.ModelCore.Compute.Managed;

/// <summary>The 6 x 16 tile: 12 of the 16 registers of 256 bits accumulate, two hold B, the rest broadcast A.</summary>
internal static unsafe class Avx2Kernel
{
    public const int Rows = 6;
    public const int Columns = 16;

    /// <inheritdoc cref="MicroKernel.Multiply"/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply(int depth, float* a, float* b, float* start, nint startStride, float* c, nint cStride)
    {
        Vector256<float> c0_0 = Vector256<float>.Zero, c0_1 = Vector256<float>.Zero;
        Vector256<float> c1_0 = Vector256<float>.Zero, c1_1 = Vector256<float>.Zero;
        Vector256<float> c2_0 = Vector256<float>.Zero, c2_1 = Vector256<float>.Zero;
        Vector256<float> c3_0 = Vector256<float>.Zero, c3_1 = Vector256<float>.Zero;
        Vector256<float> c4_0 = Vector256<float>.Zero, c4_1 = Vector256<float>.Zero;
        Vector256<float> c5_0 = Vector256<float>.Zero, c5_1 = Vector256<float>.Zero;

        for (var k = 0; k < depth; k++)
        {
            var b0 = Vector256.Load(b);
            var b1 = Vector256.Load(b + 8);

            var a0 = Vector256.Create(a[0]);
            c0_0 = Vector256.FusedMultiplyAdd(a0, b0, c0_0);
            c0_1 = Vector256.FusedMultiplyAdd(a0, b1, c0_1);
            var a1 = Vector256.Create(a[1]);
            c1_0 = Vector256.FusedMultiplyAdd(a1, b0, c1_0);
            c1_1 = Vector256.FusedMultiplyAdd(a1, b1, c1_1);
            var a2 = Vector256.Create(a[2]);
            c2_0 = Vector256.FusedMultiplyAdd(a2, b0, c2_0);
            c2_1 = Vector256.FusedMultiplyAdd(a2, b1, c2_1);
            var a3 = Vector256.Create(a[3]);
            c3_0 = Vector256.FusedMultiplyAdd(a3, b0, c3_0);
            c3_1 = Vector256.FusedMultiplyAdd(a3, b1, c3_1);
            var a4 = Vector256.Create(a[4]);
            c4_0 = Vector256.FusedMultiplyAdd(a4, b0, c4_0);
            c4_1 = Vector256.FusedMultiplyAdd(a4, b1, c4_1);
            var a5 = Vector256.Create(a[5]);
            c5_0 = Vector256.FusedMultiplyAdd(a5, b0, c5_0);
            c5_1 = Vector256.FusedMultiplyAdd(a5, b1, c5_1);
            a += Rows;
            b += Columns;
        }

        Store(c0_0, c0_1, start, c);
        Store(c1_0, c1_1, start + startStride, c + cStride);
        Store(c2_0, c2_1, start + 2 * startStride, c + 2 * cStride);
        Store(c3_0, c3_1, start + 3 * startStride, c + 3 * cStride);
        Store(c4_0, c4_1, start + 4 * startStride, c + 4 * cStride);
        Store(c5_0, c5_1, start + 5 * startStride, c + 5 * cStride);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Store(Vector256<float> c0, Vector256<float> c1, float* start, float* c)
    {
        (c0 + Vector256.Load(start)).Store(c);
        (c1 + Vector256.Load(start + 8)).Store(c + 8);
    }
}
