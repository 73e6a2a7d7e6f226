using System.Text;

namespace HeadScope.Data.Tests.Weights.PyTorch;

/// <summary>Writes zip archives of stored entries, and says of them whatever a test wants.</summary>
internal sealed class ZipWriter
{
    readonly MemoryStream _file = new();
    readonly List<Entry> _entries = [];

    /// <summary>What the directory says of an entry.</summary>
    public sealed record Entry(string Name, uint Size, uint CompressedSize, uint Header)
    {
        public ushort Method { get; init; }

        public ushort Flags { get; init; }

        public byte[] Extra { get; init; } = [];
    }

    /// <summary>An archive as torch.save makes it: a pickle, and storages named 0, 1, ...</summary>
    public static byte[] Checkpoint(byte[] pickle, params ReadOnlySpan<byte[]> storages)
    {
        var zip = new ZipWriter().Add("archive/data.pkl", pickle);
        for (var i = 0; i < storages.Length; i++)
            zip.Add($"archive/data/{i}", storages[i]);
        return zip.Finish();
    }

    /// <summary>Adds an entry whose directory entry <paramref name="lie"/> may change.</summary>
    public ZipWriter Add(string name, byte[] bytes, Func<Entry, Entry>? lie = null, string? localName = null)
    {
        var entry = new Entry(name, (uint)bytes.Length, (uint)bytes.Length, (uint)_file.Position);
        _entries.Add(lie?.Invoke(entry) ?? entry);
        var local = Encoding.UTF8.GetBytes(localName ?? name);
        Write("PK\x3\x4"u8, new byte[14], Bytes((uint)bytes.Length), Bytes((uint)bytes.Length), Bytes((ushort)local.Length), new byte[2]);
        Write(local, bytes);
        return this;
    }

    /// <summary>The archive, with an end record that says something else where an argument does.</summary>
    public byte[] Finish(ushort? count = null, uint? size = null, uint? start = null, string comment = "")
    {
        var at = (uint)_file.Position;
        foreach (var entry in _entries)
            WriteEntry(entry);
        WriteEnd(count ?? (ushort)_entries.Count, size ?? (uint)_file.Position - at, start ?? at, comment);
        return _file.ToArray();
    }

    /// <summary>
    /// The archive with its sizes and places in 64 bits, as if <paramref name="hole"/> bytes more lay within its first entry.
    /// </summary>
    public byte[] Finish64(long hole)
    {
        var at = _file.Position;
        foreach (var entry in _entries)
        {
            var (size, header) = entry.Header == 0 ? (entry.Size + hole, 0L) : (entry.Size, entry.Header + hole);
            byte[] extra = [0xfe, 0xca, 0, 0, 1, 0, 24, 0, .. Bytes(size), .. Bytes(size), .. Bytes(header)];
            WriteEntry(new Entry(entry.Name, uint.MaxValue, uint.MaxValue, uint.MaxValue) { Extra = extra });
        }

        var end = _file.Position;
        Write("PK\x6\x6"u8, new byte[20], Bytes(_entries.Count), Bytes(_entries.Count), Bytes(end - at), Bytes(at + hole));
        Write("PK\x6\x7"u8, new byte[4], Bytes(end + hole), [1, 0, 0, 0]);
        WriteEnd(ushort.MaxValue, uint.MaxValue, uint.MaxValue, "");
        return _file.ToArray();
    }

    void WriteEntry(Entry entry)
    {
        var name = Encoding.UTF8.GetBytes(entry.Name);
        Write("PK\x1\x2"u8, new byte[4], Bytes(entry.Flags), Bytes(entry.Method), new byte[8]);
        Write(Bytes(entry.CompressedSize), Bytes(entry.Size), Bytes((ushort)name.Length), Bytes((ushort)entry.Extra.Length));
        Write(new byte[10], Bytes(entry.Header), name, entry.Extra);
    }

    void WriteEnd(ushort count, uint size, uint start, string comment)
    {
        Write("PK\x5\x6"u8, new byte[4], Bytes(count), Bytes(count), Bytes(size), Bytes(start), Bytes((ushort)comment.Length));
        Write(Encoding.ASCII.GetBytes(comment));
    }

    void Write(ReadOnlySpan<byte> first, params ReadOnlySpan<byte[]> others)
    {
        _file.Write(first);
        foreach (var bytes in others)
            _file.Write(bytes);
    }

    static byte[] Bytes(ushort value) => BitConverter.GetBytes(value);

    static byte[] Bytes(uint value) => BitConverter.GetBytes(value);

    static byte[] Bytes(long value) => BitConverter.GetBytes(value);
}
