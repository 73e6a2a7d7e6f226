using System.Buffers.Binary;
using System.Text;
using HeadScope.Data.Files;

namespace HeadScope.Data.Weights.PyTorch;

/// <summary>A stored entry of a zip archive, as its directory describes it.</summary>
/// <param name="Checksum">CRC-32 of its bytes; 0 where whoever wrote it computed none, as torch.save does when it is told to.</param>
/// <param name="Header">Where in the file the entry's own header starts.</param>
internal sealed record ZipEntry(string Name, ushort Flags, ushort Method, uint Checksum, long Size, long CompressedSize, long Header)
{
    const uint HeaderSignature = 0x04034b50;
    const int HeaderBytes = 30;
    const int Encrypted = 1;

    /// <summary>
    /// Where in the file the entry's bytes start. They are stored as they are, so any range of them can be read from there;
    /// a compressed entry is refused, whatever size it claims.
    /// </summary>
    /// <exception cref="InvalidDataException">The entry is compressed or encrypted, or does not lie where the directory says.</exception>
    public long Locate(ByteSource source)
    {
        if (Method != 0 || (Flags & Encrypted) != 0 || Size != CompressedSize)
            throw Fail(
                source,
                $"{CompressedSize} bytes for {Size}, compression method {Method}, flags 0x{Flags:x4}",
                "stored bytes, as torch.save writes",
                Remedy.Resave);
        Span<byte> header = stackalloc byte[HeaderBytes];
        source.Read(Header, header);
        if (BinaryPrimitives.ReadUInt32LittleEndian(header) != HeaderSignature
            || BinaryPrimitives.ReadUInt16LittleEndian(header[8..]) != Method)
            throw Fail(source, $"no stored entry at byte {Header}", "its header", Fault.Damaged);
        var nameBytes = BinaryPrimitives.ReadUInt16LittleEndian(header[26..]);
        var start = Header + HeaderBytes + nameBytes + BinaryPrimitives.ReadUInt16LittleEndian(header[28..]);
        if (start > source.Length - Size)
            throw Fail(source, $"{Size} bytes from byte {start} on", $"an end within the file's {source.Length} bytes", Fault.Damaged);

        // Two programs that trust different headers would otherwise read different files.
        var expected = Encoding.UTF8.GetBytes(Name);
        var name = new byte[Math.Min(nameBytes, expected.Length + 1)];
        source.Read(Header + HeaderBytes, name);
        if (!name.AsSpan().SequenceEqual(expected))
            throw Fail(source, $"another name at byte {Header}", "the directory's", Fault.Damaged);
        return start;
    }

    /// <summary>Compares the entry's bytes, all of which this reads, with their checksum.</summary>
    /// <param name="start">What <see cref="Locate"/> returned.</param>
    /// <exception cref="InvalidDataException">They are not what was written.</exception>
    public void Verify(ByteSource source, long start)
    {
        if (Checksum != 0 && Crc32.Of(source, start, Size) is var found && found != Checksum)
            throw Fail(source, $"bytes of checksum {found:x8}", $"{Checksum:x8}, their CRC-32", Fault.Damaged);
    }

    InvalidDataException Fail(ByteSource source, string found, string expected, string remedy) =>
        source.Fail($"zip entry {Fault.Quote(Name)}", found, expected, remedy);
}
