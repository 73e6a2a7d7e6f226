using System.Runtime.Intrinsics;

namespace HeadScope.ModelCore.Compute.Managed;

/// <summary>
/// Heads over one sequence: scores, softmax, z, and the per-head scores, for one head and a few destinations at a time, so that the
/// pattern never leaves the cache.
/// </summary>
/// <remarks>
/// The pattern is kept transposed, [source, destination]: each lane of a vector is a destination of its own, softmax needs no sum
/// across lanes, and the pattern is already in the order in which the second product reads it.
/// </remarks>
internal static unsafe class AttentionKernel
{
    /// <summary>
    /// Heads <paramref name="firstHead"/> and following, <paramref name="heads"/> in all, that read the same keys and values.
    /// </summary>
    public static void Attend(
        in AttentionInputs inputs, AttentionHooks hooks, ManagedTensor z, int row, int firstHead, int heads, MicroKernel kernel,
        Workspace workspace)
    {
        var context = inputs.Batch.Context;
        var size = inputs.Heads.DHead;
        ManagedTensor key = (ManagedTensor)inputs.Key, value = (ManagedTensor)inputs.Value;
        var firstRow = row * context;
        var keyValueColumn = inputs.Heads.KeyValueHeadOf(firstHead) * size;
        var tileRows = kernel.Rows;
        var packedKeys = workspace.Get("attention.keys", (long)RoundUp(context, tileRows) * size); // [source panel, d_head, source]
        var packedValues = workspace.Get("attention.values", (long)RoundUp(size, tileRows) * context); // [feature panel, source, feature]
        Gemm.PackRows(key.Row(firstRow) + keyValueColumn, key.Stride, context, size, packedKeys, tileRows);
        for (var feature = 0; feature < size; feature += tileRows)
        {
            Gemm.PackStraight(
                value.Row(firstRow) + keyValueColumn + feature, value.Stride, Math.Min(tileRows, size - feature), context,
                packedValues + (nint)feature * context, tileRows);
        }

        for (var head = firstHead; head < firstHead + heads; head++)
            AttendHead(inputs, hooks, z, row, head, packedKeys, packedValues, kernel, workspace);
    }

    static void AttendHead(
        in AttentionInputs inputs, AttentionHooks hooks, ManagedTensor z, int row, int head, float* packedKeys, float* packedValues,
        MicroKernel kernel, Workspace workspace)
    {
        var context = inputs.Batch.Context;
        var size = inputs.Heads.DHead;
        var query = (ManagedTensor)inputs.Query;
        var firstRow = row * context;
        int tileRows = kernel.Rows, width = kernel.Columns;
        var packedQuery = workspace.Get("attention.query", (long)width * size); // [d_head, dest]
        var pattern = workspace.Get("attention.pattern", (long)RoundUp(context, tileRows) * width); // [source, dest]
        var mixed = workspace.Get("attention.mixed", (long)RoundUp(size, tileRows) * width); // z transposed: [feature, dest]
        var zeros = workspace.Get("attention.zeros", width);
        new Span<float>(zeros, width).Clear();

        for (var d0 = 0; d0 < context; d0 += width)
        {
            // No destination of this block sees sources before start, or from end on: their part of the pattern is never made.
            var destinations = Math.Min(width, context - d0);
            var start = inputs.VisibleSources(d0).First / tileRows * tileRows;
            var end = inputs.VisibleSources(d0 + destinations - 1).End;
            Gemm.PackTransposed(query.Row(firstRow + d0) + head * size, query.Stride, destinations, size, packedQuery, width);
            for (var s0 = start; s0 < end; s0 += tileRows)
                kernel.Multiply(size, packedKeys + (nint)s0 * size, packedQuery, zeros, 0, pattern + (nint)s0 * width, width);
            if (inputs.Cap is { } cap)
                ScaleAndCap(pattern + (nint)start * width, (nint)(end - start) * width, inputs.Scale, cap);
            var scale = inputs.Cap is null ? inputs.Scale : 1;
            if (hooks.Scores is ManagedTensor scores)
                Show(scores, inputs, pattern, width, row, head, d0, destinations, scale, float.NegativeInfinity);
            for (var lane = 0; lane < destinations; lane += VectorMath.Lanes)
                Softmax(pattern + lane, width, inputs, scale, d0 + lane, start, end);
            if (hooks.Pattern is ManagedTensor patterns)
                Show(patterns, inputs, pattern, width, row, head, d0, destinations, 1, 0);

            // Depth blocks are counted from source 0 wherever the window starts: what is left out are additions of zero.
            for (var feature = 0; feature < size; feature += tileRows)
            {
                var output = mixed + (nint)feature * width;
                for (int s0 = start, next; s0 < end; s0 = next)
                {
                    next = Math.Min(end, (s0 / Gemm.DepthBlock + 1) * Gemm.DepthBlock);
                    kernel.Multiply(
                        next - s0, packedValues + (nint)feature * context + (nint)s0 * tileRows, pattern + (nint)s0 * width,
                        s0 == start ? zeros : output, s0 == start ? 0 : width, output, width);
                }
            }

            Gemm.Transpose(mixed, width, size, destinations, z.Row(firstRow + d0) + head * size, z.Stride);
            if (hooks.Scoring is { } scoring)
                Score(scoring, inputs, pattern, width, z, row, head, d0, destinations, start, end, workspace);
        }
    }

    static int RoundUp(int count, int multiple) => (count + multiple - 1) / multiple * multiple;

    /// <summary>
    /// Sixteen destinations from <paramref name="destination"/> on: their raw products, <paramref name="stride"/> apart by source, become
    /// probabilities: exp(factor (x - max)) / sum over the visible sources, zero elsewhere from <paramref name="start"/> to
    /// <paramref name="end"/>.
    /// </summary>
    static void Softmax(float* x, nint stride, in AttentionInputs inputs, float factor, int destination, int start, int end)
    {
        // [anyFrom, anyTo) is seen by some of the sixteen, [allFrom, allTo) by all: only what lies between needs a mask.
        var last = Math.Min(destination + VectorMath.Lanes, inputs.Batch.Context) - 1;
        var (anyFrom, allTo) = inputs.VisibleSources(destination);
        var (allFrom, anyTo) = inputs.VisibleSources(last);
        allFrom = Math.Min(allFrom, allTo);

        var max = Vector512.Create(float.NegativeInfinity);
        for (var s = anyFrom; s < allFrom; s++)
            max = Vector512.MaxNative(max, Masked(x, stride, s, inputs, destination));
        for (var s = allFrom; s < allTo; s++)
            max = Vector512.MaxNative(max, Vector512.Load(x + s * stride));
        for (var s = allTo; s < anyTo; s++)
            max = Vector512.MaxNative(max, Masked(x, stride, s, inputs, destination));

        // Four running sums keep rounding small and the additions independent.
        var scale = Vector512.Create(factor);
        Vector512<float> sum0 = default, sum1 = default, sum2 = default, sum3 = default;
        var unmasked = allFrom;
        for (; unmasked + 4 <= allTo; unmasked += 4)
        {
            var p = x + unmasked * stride;
            var e0 = VectorMath.Exp((Vector512.Load(p) - max) * scale);
            var e1 = VectorMath.Exp((Vector512.Load(p + stride) - max) * scale);
            var e2 = VectorMath.Exp((Vector512.Load(p + 2 * stride) - max) * scale);
            var e3 = VectorMath.Exp((Vector512.Load(p + 3 * stride) - max) * scale);
            e0.Store(p);
            e1.Store(p + stride);
            e2.Store(p + 2 * stride);
            e3.Store(p + 3 * stride);
            sum0 += e0;
            sum1 += e1;
            sum2 += e2;
            sum3 += e3;
        }

        for (; unmasked < allTo; unmasked++)
            sum0 += Exponential(unmasked, Vector512.Load(x + unmasked * stride));
        for (var s = anyFrom; s < allFrom; s++)
            sum1 += Exponential(s, Masked(x, stride, s, inputs, destination));
        for (var s = allTo; s < anyTo; s++)
            sum2 += Exponential(s, Masked(x, stride, s, inputs, destination));

        var inverse = Vector512<float>.One / ((sum0 + sum1) + (sum2 + sum3));
        for (var s = anyFrom; s < anyTo; s++)
        {
            var p = x + s * stride;
            (Vector512.Load(p) * inverse).Store(p);
        }

        for (var s = start; s < anyFrom; s++)
            Vector512<float>.Zero.Store(x + s * stride);
        for (var s = anyTo; s < end; s++)
            Vector512<float>.Zero.Store(x + s * stride);

        Vector512<float> Exponential(int source, Vector512<float> product)
        {
            var e = VectorMath.Exp((product - max) * scale);
            e.Store(x + source * stride);
            return e;
        }
    }

    /// <summary>x = cap tanh(scale x / cap), of a whole number of vectors.</summary>
    static void ScaleAndCap(float* x, nint count, float scale, float cap)
    {
        Vector512<float> most = Vector512.Create(cap), factor = Vector512.Create(scale / cap);
        for (nint i = 0; i < count; i += VectorMath.Lanes)
            (most * VectorMath.Tanh(Vector512.Load(x + i) * factor)).Store(x + i);
    }

    /// <summary>The products of a source with sixteen destinations; -inf for those that do not see it.</summary>
    static Vector512<float> Masked(float* x, nint stride, int source, in AttentionInputs inputs, int destination)
    {
        var destinations = Vector512<int>.Indices + Vector512.Create(destination);
        var visible = Vector512<int>.AllBitsSet;
        if (inputs.Causal)
            visible &= Vector512.GreaterThanOrEqual(destinations, Vector512.Create(source));
        if (inputs.Window is { } window)
            visible &= Vector512.LessThan(destinations, Vector512.Create(source + window));

        // Lanes beyond the last destination see everything, so that they hold numbers; nobody reads them.
        visible |= Vector512.GreaterThanOrEqual(destinations, Vector512.Create(inputs.Batch.Context));
        return Vector512.ConditionalSelect(
            visible.AsSingle(), Vector512.Load(x + source * stride), Vector512.Create(float.NegativeInfinity));
    }

    /// <summary>Copies a block of the transposed pattern, or scores, to the rows of its destinations.</summary>
    static void Show(
        ManagedTensor hook, in AttentionInputs inputs, float* pattern, int width, int row, int head, int firstDestination, int destinations,
        float factor, float hidden)
    {
        for (var d = 0; d < destinations; d++)
        {
            var target = hook.RowSpan((row * inputs.Heads.Heads + head) * inputs.Batch.Context + firstDestination + d);
            target.Fill(hidden);
            var (first, end) = inputs.VisibleSources(firstDestination + d);
            for (var s = first; s < end; s++)
                target[s] = pattern[(nint)s * width + d] * factor;
        }
    }

    /// <summary>The per-head scores of some destinations, not divided by the final norm's scale.</summary>
    /// <param name="pattern">[source, destination]; sources lie <paramref name="stride"/> apart.</param>
    static void Score(
        HeadScoring scoring, in AttentionInputs inputs, float* pattern, int stride, ManagedTensor z, int sequence, int head,
        int firstDestination, int destinations, int start, int end, Workspace workspace)
    {
        var firstPosition = sequence * inputs.Batch.Context;
        foreach (var wanted in scoring.Patterns)
            ScorePattern(wanted, inputs, pattern, stride, firstPosition, head, firstDestination, destinations, start, end, workspace);
        var directions = scoring.TargetDirections as ManagedTensor;
        for (var d = 0; d < destinations; d++)
        {
            var destination = firstDestination + d;
            var position = firstPosition + destination;
            var direction = directions is null ? null : directions.Row(position) + head * inputs.Heads.DHead;
            if (scoring.Contribution is ManagedTensor contribution)
                contribution.Row(head)[position] = VectorMath.Dot(
                    z.Row(position) + head * inputs.Heads.DHead, direction, inputs.Heads.DHead);
            foreach (var wanted in scoring.Sources)
                ScoreSources(wanted, inputs, pattern + d, stride, direction, firstPosition, head, destination, workspace);
        }
    }

    /// <summary>Attention to, and contribution through, one destination's set of sources.</summary>
    static void ScoreSources(
        SourceScoring wanted, in AttentionInputs inputs, float* pattern, int stride, float* direction, int firstPosition, int head,
        int destination, Workspace workspace)
    {
        var size = inputs.Heads.DHead;
        var position = firstPosition + destination;
        var sources = wanted.Sources.Of(position);
        var firstVisible = inputs.VisibleSources(destination).First;
        if (wanted.Attention is ManagedTensor attention)
        {
            var sum = 0f;
            foreach (var source in sources)
                sum += source < firstVisible ? 0 : pattern[(nint)source * stride];
            attention.Row(head)[position] = sum;
        }

        if (wanted.Contribution is not ManagedTensor contribution)
            return;
        if (sources.IsEmpty)
        {
            contribution.Row(head)[position] = 0;
            return;
        }

        var value = (ManagedTensor)inputs.Value;
        var keyValueColumn = inputs.Heads.KeyValueHeadOf(head) * size;
        var mixed = workspace.Get("attention.restricted", size); // z with the pattern restricted to these sources
        new Span<float>(mixed, size).Clear();
        foreach (var source in sources)
        {
            if (source < firstVisible)
                continue;
            var weight = Vector512.Create(pattern[(nint)source * stride]);
            var v = value.Row(firstPosition + source) + keyValueColumn;
            for (var i = 0; i < size; i += VectorMath.Lanes)
                VectorMath.StoreFirst(
                    Vector512.FusedMultiplyAdd(weight, Vector512.Load(v + i), Vector512.Load(mixed + i)), mixed + i, size - i);
        }

        contribution.Row(head)[position] = VectorMath.Dot(mixed, direction, size);
    }

    /// <summary>A function of the patterns of some destinations.</summary>
    static void ScorePattern(
        PatternScoring wanted, in AttentionInputs inputs, float* pattern, int stride, int firstPosition, int head,
        int firstDestination, int destinations, int start, int end, Workspace workspace)
    {
        var values = ((ManagedTensor)wanted.Values).Row(head) + firstPosition + firstDestination;
        if (wanted.Function.Operation != PatternOperation.Other)
        {
            for (var lane = 0; lane < destinations; lane += VectorMath.Lanes)
            {
                var result = PatternKernels.Of(wanted.Function.Operation, pattern + lane, stride, firstDestination + lane, start, end);
                VectorMath.StoreFirst(result, values + lane, destinations - lane);
            }

            return;
        }

        var row = new Span<float>(workspace.Get("attention.row", inputs.Batch.Context), inputs.Batch.Context);
        for (var d = 0; d < destinations; d++)
        {
            var (first, last) = inputs.VisibleSources(firstDestination + d);
            row[..last].Clear();
            for (var s = first; s < last; s++)
                row[s] = pattern[(nint)s * stride + d];
            values[d] = wanted.Function.Of<float>(row[..last], firstDestination + d);
        }
    }
}
