using HeadScope.Data.Files;

namespace HeadScope.Data.Weights;

/// <summary>A checkpoint spread over several safetensors files, as <c>model.safetensors.index.json</c> lists them.</summary>
public sealed class ShardedSafetensors : ITensorSource
{
    /// <summary>Published indices have a few megabytes at the most.</summary>
    const int MaxIndexBytes = 64 << 20;

    readonly Dictionary<string, SafetensorsFile> _fileOf;
    readonly List<SafetensorsFile> _files;

    ShardedSafetensors(string location, List<SafetensorsFile> files, Dictionary<string, SafetensorsFile> fileOf)
    {
        Location = location;
        _files = files;
        _fileOf = fileOf;
        Tensors = fileOf.ToDictionary(entry => entry.Key, entry => entry.Value.Tensors[entry.Key], StringComparer.Ordinal);
    }

    public string Location { get; }

    public IReadOnlyDictionary<string, TensorInfo> Tensors { get; }

    /// <summary>The names of the files that an index names, all in its own folder.</summary>
    /// <exception cref="InvalidDataException">It is no index, or names files elsewhere.</exception>
    public static IReadOnlyList<string> FilesOf(InputPath index) =>
        [.. ReadIndex(index).Values.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];

    /// <param name="folder">Of the index, whose name is <paramref name="indexName"/>.</param>
    /// <exception cref="InvalidDataException">The index or a file that it names is missing or damaged.</exception>
    public static ShardedSafetensors Open(InputPath folder, string indexName)
    {
        var indexPath = folder.Child(indexName);
        var index = ReadIndex(indexPath);
        var files = new Dictionary<string, SafetensorsFile>(StringComparer.Ordinal);
        try
        {
            var fileOf = new Dictionary<string, SafetensorsFile>(StringComparer.Ordinal);
            foreach (var (tensor, name) in index)
            {
                if (!files.TryGetValue(name, out var file))
                {
                    var path = folder.Child(name);
                    if (!path.IsFile)
                        throw Damaged(indexPath, $"the file {Fault.Quote(name)} that it names is not there");
                    files.Add(name, file = SafetensorsFile.Open(path));
                }

                if (!file.Tensors.ContainsKey(tensor))
                    throw Damaged(indexPath, $"it places tensor {Fault.Quote(tensor)} in {Fault.Quote(name)}, which does not hold it");
                fileOf.Add(tensor, file);
            }

            return new ShardedSafetensors(indexPath.Name, [.. files.Values], fileOf);
        }
        catch
        {
            foreach (var file in files.Values)
                file.Dispose();
            throw;
        }
    }

    public void Read(string name, Span<float> destination)
    {
        if (!_fileOf.TryGetValue(name, out var file))
            throw new InvalidDataException($"{Location}: there is no tensor '{name}'. It lists {Listing.Of(Tensors.Keys)}.");
        file.Read(name, destination);
    }

    public void Dispose() => _files.ForEach(file => file.Dispose());

    static Dictionary<string, string> ReadIndex(InputPath path)
    {
        using var source = new FileSource(path);
        var files = new Dictionary<string, string>(StringComparer.Ordinal);
        try
        {
            using var document = StrictJson.Parse(source.ReadAll(MaxIndexBytes));
            foreach (var entry in document.RootElement.GetProperty("weight_map").EnumerateObject())
                files.Add(entry.Name, entry.Value.GetString()!);
        }
        catch (Exception e) when (e is FormatException or KeyNotFoundException or InvalidOperationException)
        {
            var what = e is FormatException ? e.Message : "it has none";
            throw Damaged(path, $"expected JSON with a 'weight_map' from tensor names to file names; {what}", e);
        }

        foreach (var file in files.Values)
        {
            if (string.IsNullOrEmpty(file) || Path.GetFileName(file) != file || file is "." or ".." || file.Any(char.IsControl))
                throw new InvalidDataException($"{path.Name}: {Fault.Quote(file ?? "")} in its weight_map is not a plain file name.");
        }

        return files;
    }

    static InvalidDataException Damaged(InputPath index, string what, Exception? cause = null) =>
        new($"{index.Name}: {what}. Download the checkpoint again.", cause);
}
