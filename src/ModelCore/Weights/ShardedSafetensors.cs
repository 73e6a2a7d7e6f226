using System.Text.Json;

namespace HeadScope.ModelCore.Weights;

/// <summary>A checkpoint spread over several safetensors files, as <c>model.safetensors.index.json</c> lists them.</summary>
public sealed class ShardedSafetensors : ITensorSource
{
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

    /// <summary>The files that an index names, as paths.</summary>
    public static IReadOnlyList<string> FilesOf(string indexPath) =>
        [.. ReadIndex(indexPath).Values.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).Select(file => Resolve(indexPath, file))];

    public static ShardedSafetensors Open(string indexPath)
    {
        var index = ReadIndex(indexPath);
        var files = new Dictionary<string, SafetensorsFile>(StringComparer.Ordinal);
        try
        {
            var fileOf = new Dictionary<string, SafetensorsFile>(StringComparer.Ordinal);
            foreach (var (tensor, name) in index)
            {
                if (!files.TryGetValue(name, out var file))
                {
                    var path = Resolve(indexPath, name);
                    if (!File.Exists(path))
                        throw new InvalidDataException($"{indexPath}: the file '{name}' that it names is not there. Download the checkpoint again.");
                    files.Add(name, file = SafetensorsFile.Open(path));
                }

                if (!file.Tensors.ContainsKey(tensor))
                    throw new InvalidDataException($"{indexPath}: it places tensor '{tensor}' in '{name}', which does not hold it. Download the checkpoint again.");
                fileOf.Add(tensor, file);
            }

            return new ShardedSafetensors(indexPath, [.. files.Values], fileOf);
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

    static Dictionary<string, string> ReadIndex(string indexPath)
    {
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(indexPath));
            return document.RootElement.GetProperty("weight_map").EnumerateObject()
                .ToDictionary(entry => entry.Name, entry => entry.Value.GetString()!, StringComparer.Ordinal);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or ArgumentException)
        {
            throw new InvalidDataException($"{indexPath}: expected JSON with a 'weight_map' from tensor names to file names ({e.Message}). Download the checkpoint again.", e);
        }
    }

    static string Resolve(string indexPath, string file) => Path.GetFileName(file) == file && file is not ("" or "." or "..")
        ? Path.Combine(Path.GetDirectoryName(Path.GetFullPath(indexPath))!, file)
        : throw new InvalidDataException($"{indexPath}: '{file}' in its weight_map is not a plain file name.");
}
