using HeadScope.Data.Frames;

namespace HeadScope.Data.Text;

/// <summary>A document in each row of one column, of one Parquet file after another.</summary>
/// <remarks>
/// A row without a document (null) is an error: a dataset read with Python has None there, which no tokenizer takes, and to leave
/// it out unasked would number all later documents differently.
/// </remarks>
internal sealed class ParquetDocuments : IDocuments
{
    readonly List<ParquetText> _texts;

    /// <summary>Looks into every file, so that a missing column is known before hours of work.</summary>
    public ParquetDocuments(IReadOnlyList<string> files, string column)
    {
        Files = files;
        _texts = [.. files.Select(file => new ParquetText(file, column))];
    }

    public IReadOnlyList<string> Files { get; }

    public IEnumerable<string> Read() => _texts.SelectMany(file => file.Read());
}
