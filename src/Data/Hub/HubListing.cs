using System.Text.Json;
using System.Text.Json.Nodes;
using HeadScope.Data.Files;

namespace HeadScope.Data.Hub;

/// <summary>A file of a repository, as the hub lists it.</summary>
/// <param name="Size">In bytes, where the hub says.</param>
/// <param name="BlobId">Git's id of it, where the hub says.</param>
/// <param name="Sha256">Of a large file.</param>
internal sealed record HubFile(string Name, long? Size = null, string? BlobId = null, string? Sha256 = null);

/// <summary>The files of a repository at one commit.</summary>
/// <param name="IsComplete">False where only those are known that a cache holds.</param>
internal sealed record HubListing(string Commit, IReadOnlyList<HubFile> Files, bool IsComplete = true)
{
    const int TreeFormat = 1;

    /// <summary>What the hub advises its users is a tenth of this.</summary>
    const int MostFiles = 1_000_000;

    static readonly JsonWriterOptions Indented = new() { Indented = true };

    public IReadOnlyList<string> Names => [.. Files.Select(file => file.Name)];

    /// <summary>Reads the hub's answer about a revision.</summary>
    /// <exception cref="FormatException">It is something else.</exception>
    public static HubListing Parse(ReadOnlyMemory<byte> json) => Guard(() =>
    {
        using var document = StrictJson.Parse(json);
        var root = document.RootElement;
        if (root.GetProperty("sha").GetString() is not { } commit || !HubRepository.IsCommit(commit))
            throw new FormatException("its 'sha' is not a commit");
        var siblings = root.GetProperty("siblings");
        if (siblings.GetArrayLength() > MostFiles)
            throw new FormatException($"it lists {siblings.GetArrayLength():N0} files; at most {MostFiles:N0} are possible");
        HubFile[] files = [.. siblings.EnumerateArray().Select(file => new HubFile(
            file.GetProperty("rfilename").GetString() ?? throw new FormatException("a file has no name"),
            Number(file, "size"),
            Text(file, "blobId"),
            file.TryGetProperty("lfs", out var large) && large.ValueKind == JsonValueKind.Object ? Text(large, "sha256") : null))];
        var names = new HashSet<string>(StringComparer.Ordinal);
        return files.FirstOrDefault(file => !names.Add(file.Name)) is { } twice
            ? throw new FormatException($"it lists {Fault.Quote(twice.Name)} twice")
            : new HubListing(commit, files);
    });

    /// <summary>Reads what <see cref="ToTree"/> and huggingface_hub write into <c>trees/COMMIT.json</c>.</summary>
    /// <exception cref="FormatException">It is something else, or of another version.</exception>
    public static HubListing ParseTree(string commit, ReadOnlyMemory<byte> json) => Guard(() =>
    {
        using var document = StrictJson.Parse(json);
        var root = document.RootElement;
        if (Number(root, "format_version") != TreeFormat)
            throw new FormatException("another version");
        return new HubListing(commit, [.. root.GetProperty("files").EnumerateObject().Select(file =>
            new HubFile(file.Name, Number(file.Value, "size"), Text(file.Value, "blob_id"), Text(file.Value, "lfs_sha256")))]);
    });

    /// <summary>The listing as huggingface_hub keeps it, or null where the hub did not say all that belongs there.</summary>
    public byte[]? ToTree()
    {
        var files = new JsonObject();
        foreach (var file in Files.OrderBy(file => file.Name, StringComparer.Ordinal))
        {
            if (file.Size is null || file.BlobId is null)
                return null;
            var entry = new JsonObject { ["size"] = file.Size, ["blob_id"] = file.BlobId };
            if (file.Sha256 is not null)
                (entry["lfs_sha256"], entry["lfs_size"]) = (file.Sha256, file.Size);
            files[file.Name] = entry;
        }

        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, Indented))
            new JsonObject { ["format_version"] = TreeFormat, ["files"] = files }.WriteTo(writer);
        return stream.ToArray();
    }

    static long? Number(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number)
            && number >= 0 ? number : null;

    static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    static HubListing Guard(Func<HubListing> parse)
    {
        try
        {
            return parse();
        }
        catch (Exception e) when (e is KeyNotFoundException or InvalidOperationException)
        {
            throw new FormatException(e.Message, e);
        }
    }
}
