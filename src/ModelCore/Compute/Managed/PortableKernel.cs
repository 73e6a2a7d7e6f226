using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace HeadScope.ModelCore.Compute.Managed;

/// <summary>
/// The 4 x 16 tile, for any processor; where there are no vectors, or no fused multiply-add, the framework emulates them.
/// </summary>
internal static unsafe class PortableKernel
{
    public const int Rows = 4;
    public const int Columns = 16;

    /// <inheritdoc cref="MicroKernel.Multiply"/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply(int depth, float* a, float* b, float* start, nint startStride, float* c, nint cStride)
    {
        Vector128<float> c0_0 = Vector128<float>.Zero, c0_1 = Vector128<float>.Zero, c0_2 = Vector128<float>.Zero, c0_3 = Vector128<float>.Zero;
        Vector128<float> c1_0 = Vector128<float>.Zero, c1_1 = Vector128<float>.Zero, c1_2 = Vector128<float>.Zero, c1_3 = Vector128<float>.Zero;
        Vector128<float> c2_0 = Vector128<float>.Zero, c2_1 = Vector128<float>.Zero, c2_2 = Vector128<float>.Zero, c2_3 = Vector128<float>.Zero;
        Vector128<float> c3_0 = Vector128<float>.Zero, c3_1 = Vector128<float>.Zero, c3_2 = Vector128<float>.Zero, c3_3 = Vector128<float>.Zero;

        for (var k = 0; k < depth; k++)
        {
            var b0 = Vector128.Load(b);
            var b1 = Vector128.Load(b + 4);
            var b2 = Vector128.Load(b + 8);
            var b3 = Vector128.Load(b + 12);

            var a0 = Vector128.Create(a[0]);
            c0_0 = Vector128.FusedMultiplyAdd(a0, b0, c0_0);
            c0_1 = Vector128.FusedMultiplyAdd(a0, b1, c0_1);
            c0_2 = Vector128.FusedMultiplyAdd(a0, b2, c0_2);
            c0_3 = Vector128.FusedMultiplyAdd(a0, b3, c0_3);
            var a1 = Vector128.Create(a[1]);
            c1_0 = Vector128.FusedMultiplyAdd(a1, b0, c1_0);
            c1_1 = Vector128.FusedMultiplyAdd(a1, b1, c1_1);
            c1_2 = Vector128.FusedMultiplyAdd(a1, b2, c1_2);
            c1_3 = Vector128.FusedMultiplyAdd(a1, b3, c1_3);
            var a2 = Vector128.Create(a[2]);
            c2_0 = Vector128.FusedMultiplyAdd(a2, b0, c2_0);
            c2_1 = Vector128.FusedMultiplyAdd(a2, b1, c2_1);
            c2_2 = Vector128.FusedMultiplyAdd(a2, b2, c2_2);
            c2_3 = Vector128.FusedMultiplyAdd(a2, b3, c2_3);
            var a3 = Vector128.Create(a[3]);
            c3_0 = Vector128.FusedMultiplyAdd(a3, b0, c3_0);
            c3_1 = Vector128.FusedMultiplyAdd(a3, b1, c3_1);
            c3_2 = Vector128.FusedMultiplyAdd(a3, b2, c3_2);
            c3_3 = Vector128.FusedMultiplyAdd(a3, b3, c3_3);
            a += Rows;
            b += Columns;
        }

        Store(c0_0, c0_1, c0_2, c0_3, start, c);
        Store(c1_0, c1_1, c1_2, c1_3, start + startStride, c + cStride);
        Store(c2_0, c2_1, c2_2, c2_3, start + 2 * startStride, c + 2 * cStride);
        Store(c3_0, c3_1, c3_2, c3_3, start + 3 * startStride, c + 3 * cStride);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Store(Vector128<float> c0, Vector128<float> c1, Vector128<float> c2, Vector128<float> c3, float* start, float* c)
    {
        (c0 + Vector128.Load(start)).Store(c);
        (c1 + Vector128.Load(start + 4)).Store(c + 4);
        (c2 + Vector128.Load(start + 8)).Store(c + 8);
        (c3 + Vector128.Load(start + 12)).Store(c + 12);
    }
}
