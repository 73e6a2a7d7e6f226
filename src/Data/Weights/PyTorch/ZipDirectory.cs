using System.Buffers.Binary;
using System.Text;
using System.Text.Unicode;
using HeadScope.Data.Files;

namespace HeadScope.Data.Weights.PyTorch;

/// <summary>
/// The entries of a zip archive by name (PKWARE's APPNOTE 6.3, with the 64-bit extensions that torch.save uses). The base
/// library's reader keeps to itself where an entry's bytes lie, and without that a tensor cannot be read by range.
/// </summary>
/// <remarks>
/// Stricter than the format: the end record is the file's end, so no comment can hide a second one, and no name occurs
/// twice. Names are labels to look up, never paths.
/// </remarks>
internal static class ZipDirectory
{
    const string Where = "zip directory";
    const uint EndSignature = 0x06054b50;
    const uint End64Signature = 0x06064b50;
    const uint Locator64Signature = 0x07064b50;
    const uint EntrySignature = 0x02014b50;
    const int EndBytes = 22;
    const int End64Bytes = 56;
    const int Locator64Bytes = 20;
    const int EntryBytes = 46;
    const ushort Extra64 = 1;

    /// <exception cref="InvalidDataException">The archive has no directory, a damaged one, or one beyond the limits.</exception>
    public static Dictionary<string, ZipEntry> Read(ByteSource source)
    {
        var (count, size, start) = FindDirectory(source);
        var found = $"{count} entries in {size} bytes from byte {start} on";
        if (count > Limits.ZipEntries || size > Limits.ZipDirectoryBytes)
            throw source.Fail(Where, found, $"at most {Limits.ZipEntries} in {Limits.ZipDirectoryBytes}", Remedy.Resave);
        if (size > (ulong)source.Length || start > (ulong)source.Length - size || count * EntryBytes > size)
            throw source.Fail(Where, found, "a directory within the file", Fault.Damaged);

        var directory = new byte[size];
        source.Read((long)start, directory);
        var entries = new Dictionary<string, ZipEntry>((int)count);
        var left = directory.AsSpan();
        for (var i = 0UL; i < count; i++)
        {
            var entry = ReadEntry(source, ref left);
            if (!entries.TryAdd(entry.Name, entry))
                throw source.Fail(Where, $"{Fault.Quote(entry.Name)} twice", "names that differ", Remedy.Resave);
        }

        return left.IsEmpty ? entries : throw BadEntry(source, $"{left.Length} bytes after the last entry");
    }

    /// <summary>The end record, or the 64-bit one that it leaves a field to.</summary>
    static (ulong Count, ulong Size, ulong Start) FindDirectory(ByteSource source)
    {
        if (source.Length < EndBytes)
            throw NoEnd(source);
        Span<byte> end = stackalloc byte[EndBytes];
        source.Read(source.Length - EndBytes, end);
        if (U32(end) != EndSignature)
            throw NoEnd(source);
        if (U16(end[10..]) != ushort.MaxValue && U32(end[12..]) != uint.MaxValue && U32(end[16..]) != uint.MaxValue)
            return (U16(end[10..]), U32(end[12..]), U32(end[16..]));

        Span<byte> locator = stackalloc byte[Locator64Bytes];
        Span<byte> end64 = stackalloc byte[End64Bytes];
        source.Read(source.Length - EndBytes - Locator64Bytes, locator);
        var at = U64(locator[8..]);
        if (U32(locator) != Locator64Signature || at > (ulong)source.Length)
            throw NoEnd(source);
        source.Read((long)at, end64);
        if (U32(end64) != End64Signature)
            throw NoEnd(source);
        return (U64(end64[32..]), U64(end64[40..]), U64(end64[48..]));
    }

    static ZipEntry ReadEntry(ByteSource source, ref Span<byte> left)
    {
        if (left.Length < EntryBytes || U32(left) != EntrySignature)
            throw BadEntry(source, "no entry");
        var fields = left[..EntryBytes];
        int nameBytes = U16(fields[28..]), extraBytes = U16(fields[30..]), commentBytes = U16(fields[32..]);
        if (left.Length - EntryBytes < nameBytes + extraBytes + commentBytes)
            throw BadEntry(source, "an entry cut short");
        var name = left.Slice(EntryBytes, nameBytes);
        var extra = left.Slice(EntryBytes + nameBytes, extraBytes);
        left = left[(EntryBytes + nameBytes + extraBytes + commentBytes)..];
        if (!Utf8.IsValid(name))
            throw BadEntry(source, "a name that is not UTF-8");

        // The 64-bit values of those fields that are all ones, in this order.
        ulong compressed = U32(fields[20..]), size = U32(fields[24..]), header = U32(fields[42..]);
        var wide = FindExtra(extra);
        if (!Widen(ref size, ref wide) || !Widen(ref compressed, ref wide) || !Widen(ref header, ref wide))
            throw BadEntry(source, "an entry without its 64-bit sizes");
        if (size > long.MaxValue || compressed > (ulong)source.Length || header > (ulong)source.Length)
            throw BadEntry(source, $"an entry of {compressed} bytes for {size} at byte {header}");
        return new ZipEntry(
            Encoding.UTF8.GetString(name), U16(fields[8..]), U16(fields[10..]), U32(fields[16..]), (long)size, (long)compressed,
            (long)header);
    }

    static Span<byte> FindExtra(Span<byte> extra)
    {
        while (extra.Length >= 4 && U16(extra[2..]) is var length && length <= extra.Length - 4)
        {
            if (U16(extra) == Extra64)
                return extra.Slice(4, length);
            extra = extra[(4 + length)..];
        }

        return [];
    }

    static bool Widen(ref ulong field, ref Span<byte> wide)
    {
        if (field != uint.MaxValue)
            return true;
        if (wide.Length < 8)
            return false;
        field = U64(wide);
        wide = wide[8..];
        return true;
    }

    static InvalidDataException NoEnd(ByteSource source) =>
        source.Fail("last bytes", "no end of a zip archive", "its end record, without a comment", Fault.Damaged);

    static InvalidDataException BadEntry(ByteSource source, string found) =>
        source.Fail(Where, found, "entries that lie within the file", Fault.Damaged);

    static ushort U16(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt16LittleEndian(bytes);

    static uint U32(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt32LittleEndian(bytes);

    static ulong U64(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt64LittleEndian(bytes);
}
