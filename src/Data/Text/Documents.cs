using HeadScope.Data.Files;
namespace HeadScope.Data.Text;

/// <summary>Opens documents by what a path holds.</summary>
public static class Documents
{
    public const string DefaultColumn = "text";

    public const string DefaultSplit = "train";

    /// <summary>Bytes of a text file, and of an object in a JSON file: the text in a longer one could be too long for a string.</summary>
    internal const int MaxBytes = 1 << 29;

    /// <summary>
    /// <list type="bullet">
    /// <item><c>.parquet</c>: a document in each row of a column;</item>
    /// <item><c>.jsonl</c>, <c>.ndjson</c>, <c>.json</c>, and these with <c>.gz</c>: JSON lines, or one JSON array of objects; a document
    /// in a field of each object;</item>
    /// <item><c>.txt</c>: one document, the whole file without a byte order mark;</item>
    /// <item>a folder: a Hugging Face dataset, of which one split is read: its Parquet files, or else its JSON files; or, where it has no
    /// Parquet and no JSON lines, its <c>.txt</c> files, each a document. Files come in the order of their relative paths by character
    /// number.</item>
    /// </list>
    /// </summary>
    /// <param name="path">A file or a folder.</param>
    /// <param name="column">The column, or field, that holds the text. The default value is <see cref="DefaultColumn"/>.</param>
    /// <param name="split">Which part of a dataset's folder. The default value is <see cref="DefaultSplit"/>. A file is read whole.</param>
    /// <exception cref="FileNotFoundException">There is nothing at the path.</exception>
    /// <exception cref="InvalidDataException">
    /// What is there is of no such kind, is incomplete, or has no such column or split: the message says which there are.
    /// </exception>
    public static IDocuments Open(string path, string column = DefaultColumn, string split = DefaultSplit)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentException.ThrowIfNullOrEmpty(column);
        ArgumentException.ThrowIfNullOrEmpty(split);
        if (Directory.Exists(path))
            return OpenFolder(path, column, split);
        if (!File.Exists(path))
            throw new FileNotFoundException($"{path}: there is no such file or folder. Expected {FileKinds.Supported}.", path);
        return FileKinds.Of(path) is { } kind
            ? Open(kind, [path], column)
            : throw Fault.At(path, "name", Fault.Quote(Path.GetExtension(path)), FileKinds.Supported, FileKinds.Remedy(path));
    }

    /// <summary>
    /// Of a dataset's files, those that hold the documents of a split: what <see cref="Open(string, string, string)"/> would read of a
    /// folder with them all.
    /// </summary>
    /// <param name="files">Relative to the dataset, with forward slashes.</param>
    /// <param name="location">Where it is, for people.</param>
    /// <param name="split">Which part of it.</param>
    /// <exception cref="InvalidDataException">There are none.</exception>
    public static IReadOnlyList<string> Choose(IEnumerable<string> files, string location, string split = DefaultSplit) =>
        new DatasetFolder(location, files).Choose(split).Files;

    static IDocuments OpenFolder(string path, string column, string split)
    {
        var (kind, files) = DatasetFolder.At(path).Choose(split);
        return Open(kind, [.. files.Select(file => Path.Combine(path, file))], column);
    }

    static IDocuments Open(FileKind kind, IReadOnlyList<string> files, string column) => kind switch
    {
        FileKind.Parquet => new ParquetDocuments(files, column),
        FileKind.Text => new TextDocuments(files),
        _ => new JsonDocuments(files, column),
    };
}
