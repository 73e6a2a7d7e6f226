using System.IO.Compression;

namespace HeadScope.Data.Tests.Weights.PyTorch;

/// <summary>A zip checkpoint, taken apart.</summary>
internal sealed record CheckpointParts(List<byte[]> Instructions, List<(string Name, byte[] Bytes)> Entries)
{
    const string PickleName = "data.pkl";

    public static CheckpointParts Of(byte[] file)
    {
        using var archive = new ZipArchive(new MemoryStream(file));
        var entries = archive.Entries.Select(entry => (entry.FullName, Bytes: Read(entry))).ToList();
        var pickle = entries.Single(entry => entry.FullName.EndsWith(PickleName, StringComparison.Ordinal));
        entries.Remove(pickle);
        return new CheckpointParts(PickleInstructions.Split(pickle.Bytes), [.. entries.Prepend(pickle)]);
    }

    public byte[] Wrap(byte[] pickle)
    {
        var zip = new ZipWriter().Add(Entries[0].Name, pickle);
        foreach (var (name, bytes) in Entries.Skip(1))
            zip.Add(name, bytes);
        return zip.Finish();
    }

    static byte[] Read(ZipArchiveEntry entry)
    {
        using var stream = entry.Open();
        var bytes = new byte[entry.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }
}
