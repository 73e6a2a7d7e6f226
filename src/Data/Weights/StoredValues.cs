using System.Buffers;
using System.Runtime.InteropServices;
using HeadScope.Data.Files;
using HeadScope.Data.Weights.PyTorch;

namespace HeadScope.Data.Weights;

/// <summary>Consecutive values of a file as float32.</summary>
/// <remarks>They are read, not mapped: a file that is cut short meanwhile is an error here, and would end the process there.</remarks>
internal static class StoredValues
{
    const int BlockElements = 1 << 16;

    /// <summary>A span of bytes holds at most 2^31 - 1 of them.</summary>
    const int MostAtOnce = 1 << 28;

    /// <summary>
    /// Fills <paramref name="destination"/> with the values from byte <paramref name="offset"/> on, in blocks unless they are float32
    /// already.
    /// </summary>
    /// <exception cref="InvalidDataException">They reach past the end of the file.</exception>
    public static void Read(ByteSource source, long offset, TensorType type, Span<float> destination)
    {
        if (type == TensorType.Float32)
        {
            for (; !destination.IsEmpty; destination = destination[Math.Min(MostAtOnce, destination.Length)..])
            {
                var part = MemoryMarshal.AsBytes(destination[..Math.Min(MostAtOnce, destination.Length)]);
                source.Read(offset, part);
                offset += part.Length;
            }

            return;
        }

        var buffer = ArrayPool<byte>.Shared.Rent(Math.Min(destination.Length, BlockElements) * type.Size());
        try
        {
            while (!destination.IsEmpty)
            {
                var count = Math.Min(destination.Length, BlockElements);
                var bytes = buffer.AsSpan(0, count * type.Size());
                source.Read(offset, bytes);
                ElementConversion.ToSingle(type, bytes, destination[..count]);
                destination = destination[count..];
                offset += bytes.Length;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
