using HeadScope.Data.Frames.Parquet;

namespace HeadScope.Data.Frames;

/// <summary>
/// The texts in one column of a Parquet file (https://parquet.apache.org/docs/file-format/), read with Arrow's library: every encoding
/// and compression of the format but LZO, page by page, so that memory does not grow with the file.
/// </summary>
/// <remarks>
/// A file may come from anyone. Damaged or hostile, it causes an <see cref="InvalidDataException"/> that names the file, and the row
/// group, column and row, counted from 0. Any number of threads may read at the same time.
/// </remarks>
public sealed class ParquetText
{
    readonly string _path;
    readonly TextColumn _column;

    /// <summary>Reads the footer and finds the column.</summary>
    /// <exception cref="InvalidDataException">The file is no Parquet file, its footer is damaged, or it has no such column of
    /// texts.</exception>
    /// <exception cref="IOException">The file cannot be opened or read.</exception>
    public ParquetText(string path, string column)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentException.ThrowIfNullOrEmpty(column);
        (_path, _column) = (path, TextColumn.Find(path, column));
    }

    /// <summary>From the first row on, as they are asked for.</summary>
    /// <exception cref="InvalidDataException">The file is damaged, or a row has no value.</exception>
    /// <exception cref="IOException">The file cannot be opened or read.</exception>
    public IEnumerable<string> Read()
    {
        using var texts = new TextCursor(_path, _column);
        while (texts.TryNext(out var text))
            yield return text;
    }
}
