using System.IO.Compression;

namespace HeadScope.ModelCore.Frames.Parquet.Reading;

/// <summary>The format's numbers for how pages are compressed.</summary>
internal enum Codec
{
    Uncompressed = 0,
    Snappy = 1,
    Gzip = 2,
    Lzo = 3,
    Brotli = 4,
    Lz4 = 5,
    Zstd = 6,
    Lz4Raw = 7,
}

/// <summary>Decompresses pages. A page that gives more or fewer bytes than its header says is refused.</summary>
internal static class Codecs
{
    /// <summary>No input makes Snappy's output longer than this: its densest element makes 64 bytes of three.</summary>
    const int SnappyRatio = 22;

    /// <exception cref="DecodeFault">The codec is not one of those read here.</exception>
    public static void Check(Codec codec)
    {
        if (codec is Codec.Uncompressed or Codec.Snappy or Codec.Gzip or Codec.Brotli)
            return;
        throw new DecodeFault(
            Enum.IsDefined(codec) ? $"{codec} compression" : $"compression {(int)codec}",
            "snappy, gzip, brotli or none",
            "Write the file again with one of these: in pandas, read_parquet(old).to_parquet(new, compression='snappy').");
    }

    /// <summary>Leaves the decompressed page in a buffer.</summary>
    /// <param name="codec">Not <see cref="Codec.Uncompressed"/>.</param>
    /// <param name="input">Bytes <paramref name="start"/> to <paramref name="start"/> + <paramref name="count"/> are the compressed page.</param>
    /// <param name="output">Gets the page from <paramref name="at"/> on; what is before that stays.</param>
    /// <param name="size">Bytes of the page.</param>
    /// <exception cref="DecodeFault">The bytes are damaged, or make a page of another size.</exception>
    public static void Decompress(Codec codec, byte[] input, int start, int count, PageBuffer output, int at, int size)
    {
        switch (codec)
        {
            case Codec.Snappy:
                if (size > (long)count * SnappyRatio)
                    throw WrongSize(codec, size, "fewer");
                output.Reserve(at + size, keep: at);
                SnappyDecoder.Decode(input.AsSpan(start, count), output.Bytes.AsSpan(at, size));
                break;
            case Codec.Gzip:
                Gunzip(input, start, count, output, at, size);
                break;
            case Codec.Brotli:
                Unbrotli(input.AsSpan(start, count), output, at, size);
                break;
            default:
                Check(codec);
                break;
        }
    }

    static void Gunzip(byte[] input, int start, int count, PageBuffer output, int at, int size)
    {
        try
        {
            using var stream = new GZipStream(new MemoryStream(input, start, count), CompressionMode.Decompress);
            var end = at + size;
            for (var filled = at; filled < end;)
            {
                output.Grow(filled, end);
                var read = stream.Read(output.Bytes, filled, Math.Min(output.Bytes.Length, end) - filled);
                filled += read > 0 ? read : throw WrongSize(Codec.Gzip, size, "fewer");
            }

            if (stream.ReadByte() >= 0)
                throw WrongSize(Codec.Gzip, size, "more");
        }
        catch (InvalidDataException)
        {
            throw new DecodeFault("bytes that are not gzip's", "a page compressed with it");
        }
    }

    static void Unbrotli(ReadOnlySpan<byte> input, PageBuffer output, int at, int size)
    {
        using var decoder = new BrotliDecoder();
        var end = at + size;
        for (var filled = at; ;)
        {
            output.Grow(filled, end);
            var room = output.Bytes.AsSpan(filled, Math.Min(output.Bytes.Length, end) - filled);
            var status = decoder.Decompress(input, room, out var consumed, out var written);
            input = input[consumed..];
            filled += written;
            switch (status)
            {
                case System.Buffers.OperationStatus.Done when filled == end:
                    return;
                case System.Buffers.OperationStatus.DestinationTooSmall when filled < end:
                    continue;
                case System.Buffers.OperationStatus.InvalidData:
                    throw new DecodeFault("bytes that are not Brotli's", "a page compressed with it");
                default:
                    throw WrongSize(Codec.Brotli, size, filled < end ? "fewer" : "more");
            }
        }
    }

    static DecodeFault WrongSize(Codec codec, int size, string found) =>
        new($"a page that {codec} decompresses to {found} bytes", $"the {size} that its header says");
}
