using System.Runtime.Intrinsics;

namespace HeadScope.ModelCore.Compute.Managed;

/// <summary>
/// One head over one sequence: scores, softmax, z, and the per-head scores, a few destinations at a time, so that the pattern
/// never leaves the cache.
/// </summary>
internal static unsafe class AttentionKernel
{
    public static void Attend(in AttentionInputs inputs, AttentionTaps taps, ManagedTensor z, int row, int head, MicroKernel kernel, Workspace workspace)
    {
        var context = inputs.Batch.Context;
        var size = inputs.Heads.Size;
        var keyValueHead = inputs.Heads.KeyValueHeadOf(head);
        ManagedTensor query = (ManagedTensor)inputs.Query, key = (ManagedTensor)inputs.Key, value = (ManagedTensor)inputs.Value;
        var firstRow = row * context;
        var width = kernel.Columns;
        var sourcePanels = (context + width - 1) / width;
        var featurePanels = (size + width - 1) / width;
        var paddedSources = sourcePanels * width;

        var packedKeys = workspace.Get("attention.keys", (long)paddedSources * size); // [source panel, d_head, source]
        var packedValues = workspace.Get("attention.values", (long)featurePanels * width * context); // [feature panel, source, feature]
        var packedQuery = workspace.Get("attention.query", kernel.Rows * size); // [d_head, dest]
        var pattern = workspace.Get("attention.pattern", (long)kernel.Rows * paddedSources); // [dest, source]
        var zeros = workspace.Get("attention.zeros", width);
        new Span<float>(zeros, width).Clear();

        for (var panel = 0; panel < sourcePanels; panel++)
        {
            var first = panel * width;
            Gemm.PackTransposed(
                key.Row(firstRow + first) + keyValueHead * size, key.Stride, Math.Min(width, context - first), size, packedKeys + (nint)first * size, width);
        }

        for (var panel = 0; panel < featurePanels; panel++)
        {
            Gemm.PackStraight(
                value.Row(firstRow) + keyValueHead * size + panel * width, value.Stride, Math.Min(width, size - panel * width), context,
                packedValues + (nint)panel * width * context, width);
        }

        for (var d0 = 0; d0 < context; d0 += kernel.Rows)
        {
            var destinations = Math.Min(kernel.Rows, context - d0);
            var end = inputs.Causal ? d0 + destinations : context;
            Gemm.PackRows(query.Row(firstRow + d0) + head * size, query.Stride, destinations, size, packedQuery, kernel.Rows);
            for (var s0 = 0; s0 < end; s0 += width)
            {
                Gemm.MultiplyPanel(
                    kernel, size, packedQuery, destinations, packedKeys + (nint)s0 * size, width, zeros, 0, pattern + s0, paddedSources, workspace);
            }

            for (var d = 0; d < destinations; d++)
            {
                var (visibleFirst, visibleEnd) = inputs.VisibleSources(d0 + d);
                var sources = pattern + (nint)d * paddedSources;
                var tapRow = (row * inputs.Heads.Heads + head) * context + d0 + d;
                if (taps.Scores is ManagedTensor scores)
                    CopyScores(sources, scores.RowSpan(tapRow), inputs.Scale, visibleFirst, visibleEnd);
                Softmax(sources, inputs.Scale, visibleFirst, visibleEnd, end);
                if (taps.Pattern is ManagedTensor patterns)
                {
                    var tap = patterns.RowSpan(tapRow);
                    new ReadOnlySpan<float>(sources, end).CopyTo(tap);
                    tap[end..].Clear();
                }
            }

            for (var s0 = 0; s0 < end; s0 += Gemm.DepthBlock)
            {
                var depth = Math.Min(Gemm.DepthBlock, end - s0);
                Gemm.PackRows(pattern + s0, paddedSources, destinations, depth, workspace.PackedA, kernel.Rows);
                for (var panel = 0; panel < featurePanels; panel++)
                {
                    var output = z.Row(firstRow + d0) + head * size + panel * width;
                    Gemm.MultiplyPanel(
                        kernel, depth, workspace.PackedA, destinations, packedValues + ((nint)panel * context + s0) * width, Math.Min(width, size - panel * width),
                        s0 == 0 ? zeros : output, s0 == 0 ? 0 : z.Stride, output, z.Stride, workspace);
                }
            }

            if (taps.Copying is { } copying)
            {
                for (var d = 0; d < destinations; d++)
                    Score(copying, pattern + (nint)d * paddedSources, value, keyValueHead, z, firstRow, firstRow + d0 + d, head, size, workspace);
            }
        }
    }

    /// <summary>
    /// Turns raw products into probabilities in place: exp(scale (x - max)) / sum over [first, end), zero before first and from
    /// end to <paramref name="clearTo"/>.
    /// </summary>
    static void Softmax(float* x, float scale, int first, int end, int clearTo)
    {
        var alignedFirst = first / VectorMath.Lanes * VectorMath.Lanes;
        var lowest = Vector512.Create(float.NegativeInfinity);
        var max = lowest;
        for (var i = alignedFirst; i < end; i += VectorMath.Lanes)
            max = Vector512.MaxNative(max, Vector512.ConditionalSelect(Visible(i, first, end), Vector512.Load(x + i), lowest));
        var shift = Vector512.Create(VectorMath.Max(max));

        var factor = Vector512.Create(scale);
        var sum = Vector512<float>.Zero;
        for (var i = alignedFirst; i < end; i += VectorMath.Lanes)
        {
            var e = VectorMath.Exp((Vector512.Load(x + i) - shift) * factor) & Visible(i, first, end);
            sum += e;
            e.Store(x + i);
        }

        var inverse = Vector512.Create(1f / VectorMath.Sum(sum));
        for (var i = alignedFirst; i < end; i += VectorMath.Lanes)
            (Vector512.Load(x + i) * inverse).Store(x + i);
        new Span<float>(x, first).Clear();
        if (clearTo > end)
            new Span<float>(x + end, clearTo - end).Clear();
    }

    static Vector512<float> Visible(int start, int first, int end) =>
        start >= first && start + VectorMath.Lanes <= end
            ? Vector512<float>.AllBitsSet
            : Vector512.AndNot(VectorMath.FirstLanes(end - start), VectorMath.FirstLanes(first - start));

    static void CopyScores(float* products, Span<float> destination, float scale, int first, int end)
    {
        destination.Fill(float.NegativeInfinity);
        for (var s = first; s < end; s++)
            destination[s] = products[s] * scale;
    }

    /// <summary>Head DLA, mover attention and mover DLA of one destination, not yet divided by the final scale.</summary>
    static void Score(
        CopyScoring scoring, float* pattern, ManagedTensor value, int keyValueHead, ManagedTensor z, int firstRow, int position, int head, int size, Workspace workspace)
    {
        var direction = ((ManagedTensor)scoring.TargetDirections).Row(position) + head * size;
        ((ManagedTensor)scoring.HeadDla).Row(head)[position] = VectorMath.Dot(z.Row(position) + head * size, direction, size);

        var attention = 0f;
        var dla = 0f;
        var copies = scoring.Copies.Of(position);
        if (!copies.IsEmpty)
        {
            var copied = workspace.Get("attention.copied", size); // z with the pattern restricted to copies of the target
            new Span<float>(copied, size).Clear();
            foreach (var source in copies)
            {
                attention += pattern[source];
                var weight = Vector512.Create(pattern[source]);
                var v = value.Row(firstRow + source) + keyValueHead * size;
                for (var i = 0; i < size; i += VectorMath.Lanes)
                    VectorMath.StoreFirst(Vector512.FusedMultiplyAdd(weight, Vector512.Load(v + i), Vector512.Load(copied + i)), copied + i, size - i);
            }

            dla = VectorMath.Dot(copied, direction, size);
        }

        ((ManagedTensor)scoring.MoverAttn).Row(head)[position] = attention;
        ((ManagedTensor)scoring.MoverDla).Row(head)[position] = dla;
    }
}
