using HeadScope.Data.Files;
namespace HeadScope.Data.Weights.PyTorch;

/// <summary>
/// Reads strided tensors in the order in which their storage lies in the file, so that a transposed matrix, too, is read
/// front to back in blocks, and scatters the values to row-major order.
/// </summary>
internal static class TensorReader
{
    /// <summary>An axis: its size, and the steps from one index to the next in the storage and in the destination.</summary>
    readonly record struct Axis(long Size, long From, long To);

    public static void Read(ByteSource source, TensorView view, Span<float> destination)
    {
        if (view.Count == 0)
            return;
        Span<Axis> axes = stackalloc Axis[Limits.Axes + 1];
        axes = axes[..Arrange(view, axes)];
        var run = axes[^1];
        if (axes.Length == 1 && run is { From: 1, To: 1 })
        {
            StorageReader.ReadRun(source, view.Storage, view.Offset, destination);
            return;
        }

        var last = view.Offset;
        foreach (var axis in axes)
            last += (axis.Size - 1) * axis.From;
        using var reader = new StorageReader(source, view.Storage, last + 1);

        // Counts through all axes but the innermost, like an odometer.
        var outer = axes[..^1];
        Span<long> index = stackalloc long[outer.Length];
        index.Clear();
        long from = view.Offset, to = 0;
        while (true)
        {
            reader.Copy(from, run.From, destination[(int)to..], (int)run.To, (int)run.Size);
            var turn = outer.Length - 1;
            for (; turn >= 0; turn--)
            {
                from += outer[turn].From;
                to += outer[turn].To;
                if (++index[turn] < outer[turn].Size)
                    break;
                from -= outer[turn].From * outer[turn].Size;
                to -= outer[turn].To * outer[turn].Size;
                index[turn] = 0;
            }

            if (turn < 0)
                return;
        }
    }

    /// <summary>The fewest axes that say the same, that of the smallest step in the storage last. Returns how many: at least one.</summary>
    static int Arrange(TensorView view, Span<Axis> axes)
    {
        var count = 0;
        var to = 1L;
        for (var axis = view.Shape.Length - 1; axis >= 0; axis--)
        {
            if (view.Shape[axis] > 1)
                axes[count++] = new Axis(view.Shape[axis], view.Stride[axis], to);
            to *= view.Shape[axis];
        }

        if (count == 0)
        {
            axes[0] = new Axis(1, 1, 1);
            return 1;
        }

        axes[..count].Sort((a, b) => b.From.CompareTo(a.From));
        var kept = 0;
        for (var next = 1; next < count; next++)
        {
            var (outer, inner) = (axes[kept], axes[next]);
            if (outer.From == inner.Size * inner.From && outer.To == inner.Size * inner.To)
                axes[kept] = inner with { Size = outer.Size * inner.Size };
            else
                axes[++kept] = inner;
        }

        return kept + 1;
    }
}
