namespace HeadScope.Data.Text;

/// <summary>What documents are stored as. A folder's documents are the files of the first kind that it has.</summary>
internal enum FileKind
{
    Parquet,
    JsonLines,
    Text,

    /// <summary>Named so, a file holds lines, or one array. Last, because folders of any kind describe themselves in such files.</summary>
    Json,
}

internal static class FileKinds
{
    public const string Supported = "Parquet (.parquet), JSON lines (.jsonl, .ndjson, .json, each also .gz) or text (.txt)";

    /// <summary>Files that datasets describe themselves in.</summary>
    static readonly string[] Descriptions = ["dataset_info.json", "dataset_infos.json", "dataset_dict.json", "state.json"];

    /// <summary>By its name; null for any other file.</summary>
    public static FileKind? Of(string path)
    {
        var name = Path.GetFileName(path);
        if (Descriptions.Contains(name))
            return null;
        if (Is(name, ".parquet"))
            return FileKind.Parquet;
        if (Is(name, ".txt"))
            return FileKind.Text;
        var inner = IsGzip(name) ? Path.GetFileNameWithoutExtension(name) : name;
        if (Is(inner, ".jsonl") || Is(inner, ".ndjson"))
            return FileKind.JsonLines;
        return !Is(inner, ".json") ? null : IsGzip(name) ? FileKind.JsonLines : FileKind.Json;
    }

    public static bool IsGzip(string path) => Is(path, ".gz");

    /// <summary>How to make documents that can be read of a file of another kind.</summary>
    public static string Remedy(string path) => Path.GetExtension(path).ToLowerInvariant() switch
    {
        ".arrow" => "Write the dataset as Parquet: load_from_disk(folder).to_parquet(file), with the Hugging Face datasets library.",
        ".zst" => "Decompress it first: zstd -d.",
        ".gz" or ".bz2" or ".xz" or ".zip" or ".tar" or ".7z" => "Unpack it first.",
        _ => "Name another file, or give this one the ending of its kind.",
    };

    static bool Is(string name, string ending) => name.EndsWith(ending, StringComparison.OrdinalIgnoreCase);
}
