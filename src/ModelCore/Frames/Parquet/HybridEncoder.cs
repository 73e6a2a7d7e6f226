using System.Buffers;
using System.Buffers.Binary;

namespace HeadScope.ModelCore.Frames.Parquet;

/// <summary>
/// The format's mixture of run lengths and packed bits
/// (https://parquet.apache.org/docs/file-format/data-pages/encodings/#run-length-encoding--bit-packing-hybrid-rle--3): a run is
/// a header <c>length &lt;&lt; 1</c> and the value in whole bytes; packed values are a header <c>groups &lt;&lt; 1 | 1</c> and,
/// in groups of eight, <c>width</c> bits each from the lowest bit on.
/// </summary>
internal static class HybridEncoder
{
    const int Group = 8;

    /// <summary>Bits for each index into a dictionary of this many entries; at least 1, for readers that know no width of 0.</summary>
    public static int WidthOf(int entries) => entries <= 2 ? 1 : 32 - int.LeadingZeroCount(entries - 1);

    /// <summary>Appends the values, each of which is less than 2^<paramref name="width"/>.</summary>
    public static void Encode(ReadOnlySpan<int> values, int width, IBufferWriter<byte> output)
    {
        var shortestRun = ShortestRun(width);
        var packed = 0; // where the values that wait to be packed start
        var i = 0;
        while (i < values.Length)
        {
            var run = RunLength(values[i..]);
            if (run < shortestRun)
            {
                i += Group;
                continue;
            }

            Pack(values[packed..i], width, output);
            Header((uint)run << 1, output);
            Repeated(values[i], width, output);
            i += run;
            packed = i;
        }

        Pack(values[packed..], width, output);
    }

    /// <summary>
    /// A run costs its header, its value and the header of the packed values that it interrupts; packed, it costs
    /// <paramref name="width"/> bits a value.
    /// </summary>
    static int ShortestRun(int width) => Math.Max(Group, Group * (2 + (width + 7) / 8) / width);

    static int RunLength(ReadOnlySpan<int> values)
    {
        if (values.Length < Group || values[0] != values[1])
            return 1;
        var end = values.IndexOfAnyExcept(values[0]);
        return end < 0 ? values.Length : end;
    }

    static void Pack(ReadOnlySpan<int> values, int width, IBufferWriter<byte> output)
    {
        if (values.IsEmpty)
            return;
        var groups = (values.Length + Group - 1) / Group;
        Header((uint)groups << 1 | 1, output);
        var size = groups * width; // eight values of width bits are width bytes
        var destination = output.GetSpan(size + sizeof(ulong))[..(size + sizeof(ulong))];
        var bits = 0UL;
        var filled = 0;
        var at = 0;
        foreach (var value in values)
        {
            bits |= (ulong)(uint)value << filled;
            filled += width;
            if (filled >= 32)
            {
                BinaryPrimitives.WriteUInt32LittleEndian(destination[at..], (uint)bits);
                bits >>= 32;
                filled -= 32;
                at += sizeof(uint);
            }
        }

        BinaryPrimitives.WriteUInt64LittleEndian(destination[at..], bits);
        destination[Math.Min(size, at + sizeof(ulong))..size].Clear();
        output.Advance(size);
    }

    static void Repeated(int value, int width, IBufferWriter<byte> output)
    {
        var size = (width + 7) / 8;
        BinaryPrimitives.WriteInt32LittleEndian(output.GetSpan(sizeof(int)), value);
        output.Advance(size);
    }

    static void Header(uint value, IBufferWriter<byte> output)
    {
        for (; value >= 0x80; value >>= 7)
            output.Write([(byte)(value | 0x80)]);
        output.Write([(byte)value]);
    }
}
