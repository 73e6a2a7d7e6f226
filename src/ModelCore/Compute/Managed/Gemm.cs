using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace HeadScope.ModelCore.Compute.Managed;

/// <summary>
/// Single-precision matrix multiplication, packed and blocked as Goto and van de Geijn describe it ("Anatomy of
/// high-performance matrix multiplication", ACM TOMS 34(3), 2008) around a <see cref="MicroKernel"/>.
/// </summary>
/// <remarks>
/// Element (i, j) is the sum, over blocks of <see cref="DepthBlock"/> inputs in order, of one chain of fused multiply-adds
/// each. Neither the number of rows, nor the tile, nor the threads enter into it.
/// </remarks>
internal static unsafe class Gemm
{
    /// <summary>Inputs per block. Part of the result's definition: another size would round differently.</summary>
    public const int DepthBlock = 512;

    /// <summary>
    /// Rows of A that are packed at a time; with <see cref="DepthBlock"/>, 344 kB: a third of an L2 cache. A multiple of every tile's rows.
    /// </summary>
    public const int RowBlock = 168;

    /// <summary>c = a b + bias for rows [firstRow, lastRow) of a and panels [firstPanel, lastPanel) of b.</summary>
    public static void Multiply(
        float* a, nint aStride, PackedMatrix b, float* c, nint cStride, int firstRow, int lastRow, int firstPanel, int lastPanel,
        Workspace workspace)
    {
        var kernel = b.Kernel;
        for (var k0 = 0; k0 < b.Inputs; k0 += DepthBlock)
        {
            var depth = Math.Min(DepthBlock, b.Inputs - k0);
            for (var i0 = firstRow; i0 < lastRow; i0 += RowBlock)
            {
                var rows = Math.Min(RowBlock, lastRow - i0);
                PackRows(a + i0 * aStride + k0, aStride, rows, depth, workspace.PackedA, kernel.Rows);
                for (var panel = firstPanel; panel < lastPanel; panel++)
                {
                    var j0 = panel * kernel.Columns;
                    var columns = Math.Min(kernel.Columns, b.Outputs - j0);
                    var tile = c + i0 * cStride + j0;
                    var start = k0 == 0 ? b.Bias(panel) : tile;
                    MultiplyPanel(
                        kernel, depth, workspace.PackedA, rows, b.Panel(panel, k0), columns, start, k0 == 0 ? 0 : cStride, tile, cStride,
                        workspace);
                }
            }
        }
    }

    /// <summary>One panel of b against packed rows of a: c = start + a b, [rows, columns].</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void MultiplyPanel(
        MicroKernel kernel, int depth, float* packedA, int rows, float* panel, int columns, float* start, nint startStride, float* c,
        nint cStride, Workspace workspace)
    {
        var multiply = kernel.Multiply;
        int tileRows = kernel.Rows, tileColumns = kernel.Columns;
        for (var i = 0; i < rows; i += tileRows)
        {
            var a = packedA + (nint)i * depth;
            if (columns == tileColumns && i + tileRows <= rows)
                multiply(depth, a, panel, start + i * startStride, startStride, c + i * cStride, cStride);
            else
                MultiplyEdge(
                    kernel, depth, a, Math.Min(tileRows, rows - i), panel, columns, start + i * startStride, startStride, c + i * cStride,
                    cStride, workspace);
        }
    }

    /// <summary>A tile that hangs over the edge of c is computed whole, aside, and its inner part copied.</summary>
    static void MultiplyEdge(
        MicroKernel kernel, int depth, float* a, int rows, float* panel, int columns, float* start, nint startStride, float* c,
        nint cStride, Workspace workspace)
    {
        var stride = kernel.Columns;
        for (var i = 0; i < rows; i++)
            Copy(start + i * startStride, workspace.TileStart + i * stride, columns);
        kernel.Multiply(depth, a, panel, workspace.TileStart, stride, workspace.Tile, stride);
        for (var i = 0; i < rows; i++)
            Copy(workspace.Tile + i * stride, c + i * cStride, columns);
    }

    /// <summary>
    /// Packs rows of a matrix into panels of <paramref name="panelRows"/> rows, depth-major; missing rows of the last become zeros.
    /// </summary>
    public static void PackRows(float* source, nint stride, int rows, int depth, float* destination, int panelRows)
    {
        for (var i = 0; i < rows; i += panelRows)
        {
            PackTransposed(source + i * stride, stride, Math.Min(panelRows, rows - i), depth, destination, panelRows);
            destination += (nint)panelRows * depth;
        }
    }

    /// <summary>destination[k, j] = source[j, k] for j &lt; count; zero for count ≤ j &lt; width.</summary>
    public static void PackTransposed(float* source, nint stride, int count, int depth, float* destination, int width)
    {
        if (count < width)
            new Span<float>(destination, width * depth).Clear();
        Transpose(source, stride, count, depth, destination, width);
    }

    /// <summary>destination[k, j] = source[j, k] for j &lt; rows, k &lt; columns; the strides are of rows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Transpose(float* source, nint stride, int rows, int columns, float* destination, nint destinationStride)
    {
        var j = 0;
        for (; j + 4 <= rows; j += 4)
        {
            float* s0 = source + j * stride, s1 = s0 + stride, s2 = s1 + stride, s3 = s2 + stride;
            var d = destination + j;
            var k = 0;
            for (; k + 4 <= columns; k += 4)
            {
                // A 4 x 4 transpose in registers.
                Vector128<float> r0 = Vector128.Load(s0 + k), r1 = Vector128.Load(s1 + k), r2 = Vector128.Load(s2 + k), r3 = Vector128.Load(s3 + k);
                Vector128<float> low01 = InterleaveLow(r0, r1), high01 = InterleaveHigh(r0, r1);
                Vector128<float> low23 = InterleaveLow(r2, r3), high23 = InterleaveHigh(r2, r3);
                LowHalves(low01, low23).Store(d);
                HighHalves(low01, low23).Store(d + destinationStride);
                LowHalves(high01, high23).Store(d + 2 * destinationStride);
                HighHalves(high01, high23).Store(d + 3 * destinationStride);
                d += 4 * destinationStride;
            }

            for (; k < columns; k++)
            {
                d[0] = s0[k];
                d[1] = s1[k];
                d[2] = s2[k];
                d[3] = s3[k];
                d += destinationStride;
            }
        }

        for (; j < rows; j++)
        {
            var d = destination + j;
            for (var k = 0; k < columns; k++, d += destinationStride)
                *d = source[j * stride + k];
        }
    }

    /// <summary>destination[k, j] = source[k, j] for j &lt; count; zero for count ≤ j &lt; width.</summary>
    public static void PackStraight(float* source, nint stride, int count, int depth, float* destination, int width)
    {
        for (var k = 0; k < depth; k++)
        {
            Copy(source + k * stride, destination, count);
            if (count < width)
                new Span<float>(destination + count, width - count).Clear();
            destination += width;
        }
    }

    static void Copy(float* source, float* destination, int count) =>
        new ReadOnlySpan<float>(source, count).CopyTo(new Span<float>(destination, count));

    /// <summary>a0 b0 a1 b1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector128<float> InterleaveLow(Vector128<float> a, Vector128<float> b) =>
        Sse.IsSupported ? Sse.UnpackLow(a, b)
        : AdvSimd.Arm64.IsSupported ? AdvSimd.Arm64.ZipLow(a, b)
        : Vector128.Create(a[0], b[0], a[1], b[1]);

    /// <summary>a2 b2 a3 b3.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector128<float> InterleaveHigh(Vector128<float> a, Vector128<float> b) =>
        Sse.IsSupported ? Sse.UnpackHigh(a, b)
        : AdvSimd.Arm64.IsSupported ? AdvSimd.Arm64.ZipHigh(a, b)
        : Vector128.Create(a[2], b[2], a[3], b[3]);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector128<float> LowHalves(Vector128<float> a, Vector128<float> b) =>
        Sse.IsSupported ? Sse.MoveLowToHigh(a, b) : Vector128.Create(a.GetLower(), b.GetLower());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector128<float> HighHalves(Vector128<float> a, Vector128<float> b) =>
        Sse.IsSupported ? Sse.MoveHighToLow(b, a) : Vector128.Create(a.GetUpper(), b.GetUpper());
}
