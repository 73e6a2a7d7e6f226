using System.Buffers.Binary;
using HeadScope.Data.Files;
using ParquetSharp;

namespace HeadScope.Data.Frames.Parquet;

/// <summary>Opens files with Arrow's library, and says in our words what it finds wrong with them.</summary>
/// <remarks>
/// Arrow opens the path itself. If it read from a .NET stream, whatever of its objects an enumeration that nobody ends leaves to the
/// finalizer could call that stream back after it was collected, and that ends the process.
/// </remarks>
internal static class ArrowFile
{
    public const string Footer = "footer";

    /// <summary>Columns of a schema or a row group, and row groups.</summary>
    public const int MaxElements = 1 << 15;

    /// <summary>Those of datasets with thousands of row groups take some megabytes. In memory it is up to 180 times as large.</summary>
    const int MaxFooterBytes = 16 << 20;

    const int BufferBytes = 64 << 10;

    /// <summary>Reads the footer.</summary>
    /// <param name="path">The file.</param>
    /// <param name="byPage">
    /// Whether a column of a row group is read page by page, rather than at once. Then memory is allocated for a page as its header
    /// says, whether or not it is there.
    /// </param>
    /// <exception cref="InvalidDataException">The file is no Parquet file, or its footer is damaged.</exception>
    /// <exception cref="IOException">The file cannot be opened or read.</exception>
    public static ParquetFileReader Open(string path, bool byPage)
    {
        CheckFooterLength(path);
        try
        {
            using var properties = ReaderProperties.GetDefaultReaderProperties();
            properties.SetThriftContainerSizeLimit(MaxElements);
            properties.BufferSize = BufferBytes;
            if (byPage)
                properties.EnableBufferedStream();
            return new ParquetFileReader(path, properties);
        }
        catch (Exception fault) when (IsFault(fault))
        {
            throw Explain(fault, path, Footer, "that of a Parquet file");
        }
    }

    /// <summary>Whether this is how Arrow says what is wrong with a file, or that what it asks for does not fit into memory.</summary>
    public static bool IsFault(Exception fault) => fault is ParquetException or OutOfMemoryException;

    /// <summary>What to throw in place of such an exception.</summary>
    public static InvalidDataException Explain(Exception fault, string path, string where, string expected)
    {
        const int Longest = 200;
        return Fault.At(path, where, Fault.Quote(TextOf(fault), Longest), expected, Fault.Damaged);
    }

    static void CheckFooterLength(string path)
    {
        using var source = new FileSource(InputPath.Anywhere(path));
        Span<byte> tail = stackalloc byte[8]; // the footer's length and the magic
        if (source.Length < tail.Length)
            return;
        source.Read(source.Length - tail.Length, tail);
        if (tail[4..].SequenceEqual("PAR1"u8) && BinaryPrimitives.ReadUInt32LittleEndian(tail) is > MaxFooterBytes and var length)
            throw Fault.At(path, Footer, $"{length} bytes of it in a file of {source.Length}", $"at most {MaxFooterBytes}", Fault.Damaged);
    }

    /// <summary>Of <c>Type (message: 'text')</c>, which is how ParquetSharp puts it, the text, in one line.</summary>
    static string TextOf(Exception fault)
    {
        const string Before = "(message: '", After = "')";
        var text = fault.Message;
        var start = text.IndexOf(Before, StringComparison.Ordinal);
        if (start >= 0 && text.EndsWith(After, StringComparison.Ordinal))
            text = text[(start + Before.Length)..^After.Length];
        return string.Join("; ", text.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }
}
