using System.Buffers;
using HeadScope.Data.Files;

namespace HeadScope.Data.Weights.PyTorch;

/// <summary>A window on a storage that moves forward, converted to float32.</summary>
/// <param name="source">The file.</param>
/// <param name="storage">What to read of it.</param>
/// <param name="end">Elements from here on are not needed.</param>
internal sealed class StorageReader(ByteSource source, PickleStorage storage, long end) : IDisposable
{
    const int BlockElements = 1 << 16;

    readonly float[] _window = ArrayPool<float>.Shared.Rent((int)Math.Min(end, BlockElements));
    long _first;
    long _next;

    /// <summary>Reads consecutive elements.</summary>
    public static void ReadRun(ByteSource source, PickleStorage storage, long first, Span<float> destination) =>
        StoredValues.Read(source, storage.Offset + first * storage.Type.Size(), storage.Type, destination);

    /// <summary>Copies every <paramref name="stride"/>th of the storage's elements to every <paramref name="step"/>th place.</summary>
    public void Copy(long first, long stride, Span<float> destination, int step, int count)
    {
        for (var done = 0; done < count;)
        {
            if (first < _first || first >= _next)
                Move(first);
            var held = stride == 0 ? count - done : (int)Math.Min(count - done, (_next - 1 - first) / stride + 1);
            var from = _window.AsSpan((int)(first - _first));
            var to = destination[(done * step)..];
            if (stride == 1 && step == 1)
            {
                from[..held].CopyTo(to);
            }
            else
            {
                var next = held > 1 ? (int)stride : 0; // below the window's size, or else it held one
                for (var i = 0; i < held; i++)
                    to[i * step] = from[i * next];
            }

            done += held;
            first += held * stride;
        }
    }

    public void Dispose() => ArrayPool<float>.Shared.Return(_window);

    void Move(long first)
    {
        var count = (int)Math.Min(end - first, BlockElements);
        ReadRun(source, storage, first, _window.AsSpan(0, count));
        _first = first;
        _next = first + count;
    }
}
