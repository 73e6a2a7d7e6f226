using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace HeadScope.Data.Weights.PyTorch;

/// <summary>Little-endian elements of a storage as float32, integers included.</summary>
internal static unsafe class ElementConversion
{
    /// <summary>Converts as many elements as <paramref name="destination"/> holds.</summary>
    public static void ToSingle(TensorType type, ReadOnlySpan<byte> bytes, Span<float> destination)
    {
        fixed (byte* source = bytes[..(destination.Length * type.Size())])
        {
            if (FloatConversion.TryConvert(type, source, destination))
                return;
        }

        switch (type)
        {
            case TensorType.Int64: Convert<long>(bytes, destination); break;
            case TensorType.Int32: Convert<int>(bytes, destination); break;
            case TensorType.Int16: Convert<short>(bytes, destination); break;
            case TensorType.Int8: Convert<sbyte>(bytes, destination); break;
            case TensorType.UInt8: Convert<byte>(bytes, destination); break;
            case TensorType.Bool: ConvertBool(bytes, destination); break;
            default: throw new ArgumentOutOfRangeException(nameof(type), type, "No storage has this type.");
        }
    }

    static void Convert<T>(ReadOnlySpan<byte> bytes, Span<float> destination)
        where T : unmanaged, INumberBase<T> =>
        TensorPrimitives.ConvertTruncating(MemoryMarshal.Cast<byte, T>(bytes)[..destination.Length], destination);

    /// <summary>Zero is false, any other byte is true.</summary>
    static void ConvertBool(ReadOnlySpan<byte> bytes, Span<float> destination)
    {
        for (var i = 0; i < destination.Length; i++)
            destination[i] = bytes[i] == 0 ? 0 : 1;
    }
}
