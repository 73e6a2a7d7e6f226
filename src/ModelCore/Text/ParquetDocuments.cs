using HeadScope.ModelCore.Frames;

namespace HeadScope.ModelCore.Text;

/// <summary>A document in each row of one column, of one Parquet file after another.</summary>
/// <remarks>
/// A row without a document (null) is an error: a dataset read with Python has None there, which no tokenizer takes, and to leave
/// it out unasked would number all later documents differently.
/// </remarks>
internal sealed class ParquetDocuments : IDocuments
{
    readonly string _column;

    /// <summary>Looks into every file, so that a missing column is known before hours of work.</summary>
    public ParquetDocuments(string location, IReadOnlyList<string> files, string column)
    {
        (Location, Files, _column) = (location, files, column);
        foreach (var file in files)
        {
            using var parquet = ParquetFile.Open(file);
            parquet.Read<string>(column);
        }
    }

    public string Location { get; }

    public IReadOnlyList<string> Files { get; }

    public IEnumerable<string> Read()
    {
        foreach (var file in Files)
        {
            using var parquet = ParquetFile.Open(file);
            foreach (var document in parquet.Read<string>(_column))
                yield return document;
        }
    }
}
