using System.Numerics.Tensors;

namespace HeadScope.Data.Weights;

/// <summary>Stored floating-point values to float32.</summary>
internal static unsafe class FloatConversion
{
    /// <summary>Converts <c>destination.Length</c> little-endian values; false where the type is not a floating-point one.</summary>
    public static bool TryConvert(TensorType type, byte* source, Span<float> destination)
    {
        switch (type)
        {
            case TensorType.Float32:
                new ReadOnlySpan<float>(source, destination.Length).CopyTo(destination);
                return true;
            case TensorType.Float16:
                TensorPrimitives.ConvertToSingle(new ReadOnlySpan<Half>(source, destination.Length), destination);
                return true;
            case TensorType.BFloat16:
                var halves = (ushort*)source;
                for (var i = 0; i < destination.Length; i++)
                    destination[i] = BitConverter.UInt32BitsToSingle((uint)halves[i] << 16);
                return true;
            case TensorType.Float64:
                var doubles = (double*)source;
                for (var i = 0; i < destination.Length; i++)
                    destination[i] = (float)doubles[i];
                return true;
            default:
                return false;
        }
    }
}
