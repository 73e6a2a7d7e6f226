using System.Runtime.InteropServices;
using System.Text.Json;

namespace HeadScope.Tests.Support;

/// <summary>A tensor to be stored.</summary>
public sealed record StoredTensor(string Name, long[] Shape, float[] Values);

/// <summary>Safetensors files for tests.</summary>
public static class SafetensorsWriter
{
    /// <param name="type">F32, or F16 or BF16, to which the values are rounded.</param>
    public static void Write(string path, IReadOnlyList<StoredTensor> tensors, string type = "F32")
    {
        var header = new Dictionary<string, object>();
        var offset = 0L;
        foreach (var tensor in tensors)
        {
            var bytes = tensor.Values.LongLength * (type == "F32" ? 4 : 2);
            header[tensor.Name] = new { dtype = type, shape = tensor.Shape, data_offsets = new[] { offset, offset + bytes } };
            offset += bytes;
        }

        var json = JsonSerializer.SerializeToUtf8Bytes(header);
        using var file = File.Create(path);
        file.Write(BitConverter.GetBytes((long)json.Length));
        file.Write(json);
        foreach (var tensor in tensors)
        {
            file.Write(type switch
            {
                "F32" => MemoryMarshal.AsBytes(tensor.Values.AsSpan()),
                "F16" => MemoryMarshal.AsBytes(Array.ConvertAll(tensor.Values, value => (Half)value).AsSpan()),
                "BF16" => MemoryMarshal.AsBytes(Array.ConvertAll(
                    tensor.Values, value => (ushort)(BitConverter.SingleToUInt32Bits(RoundToBFloat16(value)) >> 16)).AsSpan()),
                _ => throw new ArgumentOutOfRangeException(nameof(type), type, "F32, F16 or BF16."),
            });
        }
    }

    /// <summary>The nearest number of BF16, the even one of two.</summary>
    public static float RoundToBFloat16(float value)
    {
        var bits = BitConverter.SingleToUInt32Bits(value);
        return BitConverter.UInt32BitsToSingle((bits + 0x7FFF + ((bits >> 16) & 1)) & 0xFFFF0000);
    }
}
