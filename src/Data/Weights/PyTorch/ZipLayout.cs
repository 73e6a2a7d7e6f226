using System.Text;
using HeadScope.Data.Files;

namespace HeadScope.Data.Weights.PyTorch;

/// <summary>
/// The format of PyTorch 1.6 and later: a zip archive of stored entries under one folder of any name, with the pickle in
/// <c>data.pkl</c>, each storage in <c>data/KEY</c>, and the machine's byte order in <c>byteorder</c> (since 2.1).
/// Entries carry checksums of the whole: a storage's is compared when a tensor in it is read for the first time.
/// </summary>
internal static class ZipLayout
{
    const string PickleName = "/data.pkl";

    /// <summary>The unpickled object; every storage in it has its place in the file.</summary>
    public static object? Load(ByteSource source)
    {
        var entries = ZipDirectory.Read(source);
        var pickle = FindPickle(source, entries.Values);
        var folder = pickle.Name[..^PickleName.Length];
        CheckByteOrder(source, entries.GetValueOrDefault($"{folder}/byteorder"));
        var start = pickle.Locate(source);
        if (pickle.Size > Limits.PickleBytes)
            throw source.Fail(Fault.Quote(pickle.Name), $"{pickle.Size} bytes", $"at most {Limits.PickleBytes}", Remedy.Resave);
        pickle.Verify(source, start);

        var storages = new StorageTable();
        var input = new PickleInput(source, "data.pkl", start, pickle.Size);
        var root = new Unpickler(input, storages).Load();
        foreach (var storage in storages.All)
            Place(source, storage, entries.GetValueOrDefault($"{folder}/data/{storage.Key}"));
        return root;
    }

    static ZipEntry FindPickle(ByteSource source, IEnumerable<ZipEntry> entries)
    {
        var pickles = entries.Where(entry => entry.Name.EndsWith(PickleName, StringComparison.Ordinal)
            && entry.Name.IndexOf('/') == entry.Name.Length - PickleName.Length).Take(2).ToList();
        return pickles.Count == 1
            ? pickles[0]
            : throw source.Fail(
                "zip directory",
                pickles.Count == 0 ? "no data.pkl" : $"{Fault.Quote(pickles[0].Name)} and {Fault.Quote(pickles[1].Name)}",
                "FOLDER/data.pkl once, as torch.save writes it",
                "Choose a file made by torch.save.");
    }

    static void CheckByteOrder(ByteSource source, ZipEntry? entry)
    {
        if (entry is null)
            return; // older than the entry, and in practice little-endian
        Span<byte> text = stackalloc byte[(int)Math.Min(entry.Size, 16)];
        source.Read(entry.Locate(source), text);
        if (!text.SequenceEqual("little"u8))
            throw source.Fail("zip entry 'byteorder'", Fault.Quote(Encoding.Latin1.GetString(text)), "'little'", Remedy.ResaveLittleEndian);
    }

    static void Place(ByteSource source, PickleStorage storage, ZipEntry? entry)
    {
        if (entry is null || entry.Size != storage.ByteCount)
            throw source.Fail(
                $"zip entry {Fault.Quote($"data/{storage.Key}")}",
                entry is null ? "nothing" : $"{entry.Size} bytes",
                $"{storage.ByteCount} bytes for {storage.Count} {storage.Type}",
                Fault.Damaged);
        var start = entry.Locate(source);
        storage.Offset = start;
        storage.Verify = () => entry.Verify(source, start);
    }
}
