using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace HeadScope.ModelCore.Frames.Parquet;

/// <summary>Booleans, a bit each, the first in the lowest bit; false before true.</summary>
internal sealed class BooleanLayout : ValueLayout<bool>
{
    public override long PlainSize(ReadOnlySpan<bool> values) => ((long)values.Length + 7) / 8;

    public override void WritePlain(ReadOnlySpan<bool> values, IBufferWriter<byte> output)
    {
        var size = (int)PlainSize(values);
        var destination = output.GetSpan(size);
        var source = MemoryMarshal.AsBytes(values);
        var i = 0;
        for (; i <= source.Length - Vector256<byte>.Count; i += Vector256<byte>.Count)
        {
            var isFalse = Vector256.Equals(Vector256.Create(source[i..]), Vector256<byte>.Zero);
            BinaryPrimitives.WriteUInt32LittleEndian(destination[(i / 8)..], ~isFalse.ExtractMostSignificantBits());
        }

        destination[(i / 8)..size].Clear();
        for (; i < values.Length; i++)
        {
            if (values[i])
                destination[i / 8] |= (byte)(1 << i % 8);
        }

        output.Advance(size);
    }

    public override ColumnStatistics Describe(ReadOnlySpan<bool> values) =>
        new([values.Contains(false) ? (byte)0 : (byte)1], [values.Contains(true) ? (byte)1 : (byte)0]);
}
