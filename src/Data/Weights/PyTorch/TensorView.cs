using HeadScope.Data.Files;
namespace HeadScope.Data.Weights.PyTorch;

/// <summary>A strided view of a storage: element (i, j, ...) is at <c>Offset + i Stride[0] + j Stride[1] + ...</c>.</summary>
internal sealed class TensorView
{
    TensorView(PickleStorage storage, long offset, long[] shape, long[] stride, long count)
    {
        Storage = storage;
        Offset = offset;
        Shape = shape;
        Stride = stride;
        Count = count;
    }

    public PickleStorage Storage { get; }

    /// <summary>Elements, not bytes, as are strides.</summary>
    public long Offset { get; }

    public long[] Shape { get; }

    public long[] Stride { get; }

    /// <summary>The product of the shape; 1 for a scalar.</summary>
    public long Count { get; }

    /// <summary>A view all of whose elements lie in the storage, none of them (but for axes of stride 0) more than once.</summary>
    public static TensorView Create(PickleStorage storage, long offset, object?[] shape, object?[] stride, Unpickler unpickler)
    {
        if (shape.Length > Limits.Axes || stride.Length != shape.Length)
            throw unpickler.Fail(
                $"a tensor of {shape.Length} sizes and {stride.Length} strides", $"as many of both, at most {Limits.Axes}", Remedy.Resave);
        var sizes = Integers(shape, "size", unpickler);
        var strides = Integers(stride, "stride", unpickler);

        // In 128 bits, and cut off at 2^63 - 1 on their way, neither can overflow.
        Int128 count = sizes.Contains(0) ? 0 : 1;
        Int128 last = offset;
        for (var axis = 0; axis < sizes.Length && count > 0; axis++)
        {
            count = Int128.Min(count * sizes[axis], long.MaxValue);
            last = Int128.Min(last + (Int128)(sizes[axis] - 1) * strides[axis], long.MaxValue);
        }

        if (offset < 0 || offset > storage.Count || count > 0 && last >= storage.Count)
            throw Refuse($"all of it within its storage of {storage.Count} elements", Fault.Damaged);
        if (count == long.MaxValue || count > 0 && Overlaps(sizes, strides))
            throw Refuse("fewer than 2^63 elements that do not overlap", "Save tensor.contiguous() in its place, best as safetensors.");
        return new TensorView(storage, offset, sizes, strides, (long)count);

        InvalidDataException Refuse(string expected, string remedy) => unpickler.Fail(
            $"a tensor {TensorInfo.Describe(sizes)} of strides {TensorInfo.Describe(strides)} at {offset}", expected, remedy);
    }

    static long[] Integers(object?[] values, string what, Unpickler unpickler)
    {
        var integers = new long[values.Length];
        for (var axis = 0; axis < values.Length; axis++)
        {
            if (values[axis] is not (long value and >= 0))
                throw unpickler.Fail($"{what} {PickleValue.Describe(values[axis])} of axis {axis}", "an integer, 0 or more", Fault.Damaged);
            integers[axis] = value;
        }

        return integers;
    }

    /// <summary>
    /// Whether some axis steps less far than the axes of smaller stride reach together. Every slice, transposition,
    /// diagonal and expansion passes; reading such a view in the order of the storage goes through the file once.
    /// </summary>
    static bool Overlaps(long[] sizes, long[] strides)
    {
        Span<(long Stride, long Size)> axes = stackalloc (long, long)[Limits.Axes];
        var count = 0;
        for (var axis = 0; axis < sizes.Length; axis++)
        {
            if (sizes[axis] > 1 && strides[axis] > 0)
                axes[count++] = (strides[axis], sizes[axis]);
        }

        axes = axes[..count];
        axes.Sort();
        var reach = 0L; // within the storage, so it cannot overflow
        foreach (var (stride, size) in axes)
        {
            if (stride <= reach)
                return true;
            reach += (size - 1) * stride;
        }

        return false;
    }
}
