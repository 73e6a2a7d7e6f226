namespace HeadScope.Data.Text;

/// <summary>Documents of text, in a fixed order.</summary>
public interface IDocuments
{
    /// <summary>The files they come from, in the order in which they are read.</summary>
    IReadOnlyList<string> Files { get; }

    /// <summary>
    /// The documents, read as they are asked for: memory holds about one of them, however many there are. Each call starts anew.
    /// </summary>
    /// <returns>Well-formed text, exactly as stored; it may be empty.</returns>
    /// <exception cref="InvalidDataException">
    /// While reading: a file is damaged, or a document is missing, no text, not UTF-8 or longer than 512 MiB. The message names the
    /// file, and the row or line.
    /// </exception>
    IEnumerable<string> Read();
}
