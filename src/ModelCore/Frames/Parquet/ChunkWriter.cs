using System.Buffers;

namespace HeadScope.ModelCore.Frames.Parquet;

/// <summary>
/// Writes one column of one row group after another, each in whichever encoding is smaller. Pages hold a fixed number of rows;
/// a dictionary's index width is that of the entries met up to the page's end.
/// </summary>
internal sealed class ChunkWriter(ByteSink sink, int rowsPerPage)
{
    readonly ArrayBufferWriter<byte> _page = new();
    readonly ArrayBufferWriter<byte> _pages = new();
    readonly ArrayBufferWriter<byte> _header = new();
    int[] _indices = [];

    public ColumnChunk Write<T>(ReadOnlySpan<T> values, ValueLayout<T> layout)
    {
        var start = sink.Position;
        var dataStart = start;
        if (layout.Dictionary is { } dictionary && TryEncode(values, dictionary, layout.PlainSize(values)))
        {
            WriteDictionaryPage(dictionary.Entries, layout);
            dataStart = sink.Position;
            sink.Write(_pages.WrittenSpan);
        }
        else
        {
            WritePlainPages(values, layout);
        }

        var pages = (values.Length + rowsPerPage - 1) / rowsPerPage;
        return new ColumnChunk(start, dataStart, sink.Position - start, pages, layout.Describe(values));
    }

    /// <summary>Leaves the data pages in <see cref="_pages"/>, unless they and the dictionary reach what the values take without.</summary>
    bool TryEncode<T>(ReadOnlySpan<T> values, ValueDictionary<T> dictionary, long plainSize)
    {
        dictionary.Clear();
        _pages.ResetWrittenCount();
        if (_indices.Length < Math.Min(values.Length, rowsPerPage))
            _indices = new int[Math.Min(values.Length, rowsPerPage)];
        for (var start = 0; start < values.Length; start += rowsPerPage)
        {
            var count = Math.Min(rowsPerPage, values.Length - start);
            var indices = _indices.AsSpan(0, count);
            if (!dictionary.TryIndex(values.Slice(start, count), indices))
                return false;
            var width = HybridEncoder.WidthOf(dictionary.Entries.Length);
            _page.ResetWrittenCount();
            _page.Write([(byte)width]);
            HybridEncoder.Encode(indices, width, _page);
            PageHeader.Write(_pages, PageType.Data, PageEncoding.RleDictionary, count, _page.WrittenCount);
            _pages.Write(_page.WrittenSpan);
            if (_pages.WrittenCount + dictionary.PlainSize >= plainSize)
                return false;
        }

        return true;
    }

    void WriteDictionaryPage<T>(ReadOnlySpan<T> entries, ValueLayout<T> layout)
    {
        _page.ResetWrittenCount();
        layout.WritePlain(entries, _page);
        WritePage(PageType.Dictionary, entries.Length);
    }

    void WritePlainPages<T>(ReadOnlySpan<T> values, ValueLayout<T> layout)
    {
        for (var start = 0; start < values.Length; start += rowsPerPage)
        {
            var page = values.Slice(start, Math.Min(rowsPerPage, values.Length - start));
            if (layout.PlainSize(page) is > int.MaxValue and var size)
            {
                throw new InvalidDataException(
                    $"A page of {page.Length} rows takes {size} bytes; it has at most {int.MaxValue}. "
                    + $"Lower {nameof(ParquetOptions.RowsPerPage)}.");
            }

            _page.ResetWrittenCount();
            layout.WritePlain(page, _page);
            WritePage(PageType.Data, page.Length);
        }
    }

    void WritePage(PageType type, int values)
    {
        _header.ResetWrittenCount();
        PageHeader.Write(_header, type, PageEncoding.Plain, values, _page.WrittenCount);
        sink.Write(_header.WrittenSpan);
        sink.Write(_page.WrittenSpan);
    }
}
