using System.Buffers.Binary;

namespace HeadScope.ModelCore.Frames.Parquet.Reading;

/// <summary>
/// Decodes Snappy blocks (https://github.com/google/snappy/blob/main/format_description.txt) into memory of the size that the
/// caller expects, so that nothing is allocated on the word of a damaged one.
/// </summary>
internal static class SnappyDecoder
{
    /// <exception cref="DecodeFault">The block is damaged, or its text has another length than the destination.</exception>
    public static void Decode(ReadOnlySpan<byte> input, Span<byte> output)
    {
        var at = ReadLength(input, output.Length);
        var filled = 0;
        while (at < input.Length)
        {
            int tag = input[at++];
            if ((tag & 3) == 0)
            {
                var length = ReadLiteralLength(input, ref at, tag >> 2);
                if (length > input.Length - at || length > output.Length - filled)
                    throw Damaged("a literal that reaches past the end");
                input.Slice(at, (int)length).CopyTo(output[filled..]);
                at += (int)length;
                filled += (int)length;
            }
            else
            {
                var (length, offset) = ReadCopy(input, ref at, tag);
                if (offset == 0 || offset > filled || length > output.Length - filled)
                    throw Damaged("a copy from outside the text");
                Copy(output, filled, (int)offset, length);
                filled += length;
            }
        }

        if (filled != output.Length)
            throw Damaged($"{filled} bytes of {output.Length}");
    }

    static int ReadLength(ReadOnlySpan<byte> input, int expected)
    {
        var length = 0UL;
        for (var at = 0; at < Math.Min(5, input.Length); at++)
        {
            length |= (ulong)(input[at] & 0x7F) << (7 * at);
            if (input[at] >= 0x80)
                continue;
            return length == (ulong)expected ? at + 1 : throw Damaged($"a text of {length} bytes where {expected} were announced");
        }

        throw Damaged("no length");
    }

    /// <summary>Up to 60 in the tag itself, or else in the one to four bytes behind it.</summary>
    static long ReadLiteralLength(ReadOnlySpan<byte> input, ref int at, int code)
    {
        if (code < 60)
            return code + 1;
        var bytes = code - 59;
        if (bytes > input.Length - at)
            throw Damaged("a literal without its length");
        var length = 0L;
        for (var i = 0; i < bytes; i++)
            length |= (long)input[at++] << (8 * i);
        return length + 1;
    }

    static (int Length, uint Offset) ReadCopy(ReadOnlySpan<byte> input, ref int at, int tag)
    {
        var bytes = (tag & 3) switch { 1 => 1, 2 => 2, _ => 4 };
        if (bytes > input.Length - at)
            throw Damaged("a copy without its offset");
        var rest = input.Slice(at, bytes);
        at += bytes;
        return bytes switch
        {
            1 => (4 + (tag >> 2 & 7), (uint)(tag >> 5) << 8 | rest[0]),
            2 => (1 + (tag >> 2), BinaryPrimitives.ReadUInt16LittleEndian(rest)),
            _ => (1 + (tag >> 2), BinaryPrimitives.ReadUInt32LittleEndian(rest)),
        };
    }

    /// <summary>Copies within the text; one that overlaps its own result repeats it.</summary>
    static void Copy(Span<byte> output, int to, int offset, int length)
    {
        var from = output[(to - offset)..];
        var target = output[to..];
        if (offset >= length)
        {
            from[..length].CopyTo(target);
            return;
        }

        for (var i = 0; i < length; i++)
            target[i] = from[i];
    }

    static DecodeFault Damaged(string found) => new($"{found} in a page compressed with Snappy", "a whole block");
}
