using System.Runtime.Intrinsics;

namespace HeadScope.ModelCore.Compute.Managed;

/// <summary>
/// Cross-entropy over the vocabulary without logits: each tile of <see cref="TileColumns"/> logits leaves its maximum, its sum of
/// exponentials and, if it holds it, the target's logit; tiles are combined in order, in float64.
/// </summary>
internal static unsafe class LossKernel
{
    /// <summary>Vocabulary entries per tile. Part of the result's definition: another size would round differently.</summary>
    public const int TileColumns = 256;

    public static void TokenLoss(
        ManagedTensor x, PackedMatrix unembed, int[] targets, float? cap, ManagedTensor loss, ThreadTeam team, NativePool pool)
    {
        var kernel = unembed.Kernel;
        var rows = x.Rows;
        var tiles = (unembed.Outputs + TileColumns - 1) / TileColumns;
        var panelsPerTile = TileColumns / kernel.Columns;
        var rowBlocks = (rows + Gemm.RowBlock - 1) / Gemm.RowBlock;

        var packed = pool.Rent((long)(rows + kernel.Rows) * unembed.Inputs); // [row block, depth block, panel, depth, row]
        var maxima = pool.Rent((long)tiles * rows);
        var sums = pool.Rent((long)tiles * rows);
        var targetLogits = pool.Rent(rows);

        team.ForEach(rowBlocks, (block, _) =>
        {
            var first = block * Gemm.RowBlock;
            var count = Math.Min(Gemm.RowBlock, rows - first);
            for (var k0 = 0; k0 < unembed.Inputs; k0 += Gemm.DepthBlock)
            {
                var depth = Math.Min(Gemm.DepthBlock, unembed.Inputs - k0);
                Gemm.PackRows(
                    x.Row(first) + k0, x.Stride, count, depth, PackedBlock(packed, unembed, kernel, first, count, k0), kernel.Rows);
            }
        });

        team.ForEach(tiles, (tile, workspace) =>
        {
            var logits = workspace.Get("loss.logits", Gemm.RowBlock * TileColumns); // [row, vocabulary entry]
            var firstColumn = tile * TileColumns;
            var columns = Math.Min(TileColumns, unembed.Outputs - firstColumn);
            for (var first = 0; first < rows; first += Gemm.RowBlock)
            {
                var count = Math.Min(Gemm.RowBlock, rows - first);
                for (var k0 = 0; k0 < unembed.Inputs; k0 += Gemm.DepthBlock)
                {
                    var depth = Math.Min(Gemm.DepthBlock, unembed.Inputs - k0);
                    for (var j = 0; j < columns; j += kernel.Columns)
                    {
                        var panel = tile * panelsPerTile + j / kernel.Columns;
                        var c = logits + j;
                        Gemm.MultiplyPanel(
                            kernel, depth, PackedBlock(
                                packed, unembed, kernel, first, count, k0), count, unembed.Panel(panel, k0), kernel.Columns,
                            k0 == 0 ? unembed.Bias(panel) : c, k0 == 0 ? 0 : TileColumns, c, TileColumns, workspace);
                    }
                }

                for (var i = 0; i < count; i++)
                {
                    var row = first + i;
                    if (cap is { } most)
                        ElementKernels.SoftCap(logits + i * TileColumns, columns, most);
                    var (max, sum) = MaxAndSum(logits + i * TileColumns, columns);
                    maxima[(nint)tile * rows + row] = max;
                    sums[(nint)tile * rows + row] = sum;
                    var target = targets[row] - firstColumn;
                    if (target >= 0 && target < columns)
                        targetLogits[row] = logits[i * TileColumns + target];
                }
            }
        });

        for (var row = 0; row < rows; row++)
            *loss.Row(row) = targets[row] < 0 ? 0f : Combine(maxima + row, sums + row, rows, tiles, targetLogits[row]);

        pool.Return(packed);
        pool.Return(maxima);
        pool.Return(sums);
        pool.Return(targetLogits);
    }

    static float* PackedBlock(float* packed, PackedMatrix unembed, MicroKernel kernel, int firstRow, int rows, int k0)
    {
        var paddedRows = (rows + kernel.Rows - 1) / kernel.Rows * kernel.Rows;
        return packed + (nint)firstRow * unembed.Inputs + (nint)paddedRows * k0;
    }

    static (float Max, float Sum) MaxAndSum(float* logits, int count)
    {
        var max = Vector512.Create(float.NegativeInfinity);
        for (var i = 0; i < count; i += VectorMath.Lanes)
        {
            var v = Vector512.Load(logits + i);
            max = Vector512.MaxNative(
                max, count - i >= VectorMath.Lanes ? v : Vector512.ConditionalSelect(VectorMath.FirstLanes(count - i), v, max));
        }

        var highest = VectorMath.Max(max);
        var shift = Vector512.Create(highest);
        var sum = Vector512<float>.Zero;
        for (var i = 0; i < count; i += VectorMath.Lanes)
        {
            var e = VectorMath.Exp(Vector512.Load(logits + i) - shift);
            sum += count - i >= VectorMath.Lanes ? e : e & VectorMath.FirstLanes(count - i);
        }

        return (highest, VectorMath.Sum(sum));
    }

    static float Combine(float* maxima, float* sums, int stride, int tiles, float targetLogit)
    {
        var max = float.NegativeInfinity;
        for (var t = 0; t < tiles; t++)
            max = Math.Max(max, maxima[(nint)t * stride]);
        var sum = 0.0;
        for (var t = 0; t < tiles; t++)
            sum += sums[(nint)t * stride] * Math.Exp((double)maxima[(nint)t * stride] - max);
        return (float)(max - (double)targetLogit + Math.Log(sum));
    }
}
