using System.Text;
using HeadScope.Data.Files;
using ParquetSharp;

namespace HeadScope.Data.Frames.Parquet;

/// <summary>Reads the texts of a column, one at a time.</summary>
internal sealed class TextCursor(string path, TextColumn column) : IDisposable
{
    const int MaxTextBytes = 1 << 29;

    /// <summary>What is read of a column at once. In a larger chunk, a page is at most 2 GiB.</summary>
    const long MaxChunkBytes = 32 << 20;

    static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    readonly ParquetFileReader _file = ArrowFile.Open(path, byPage: column.LargestChunk > MaxChunkBytes);
    readonly ByteArray[] _value = new ByteArray[1];
    readonly short[] _level = new short[1];
    ColumnReader<ByteArray>? _chunk;
    int _groups = -1;
    int _group = -1;
    long _leftInGroup;
    long _row;

    /// <returns>False behind the last row.</returns>
    /// <exception cref="InvalidDataException">The file is damaged, or the row has no value. Reading cannot go on.</exception>
    public bool TryNext(out string text)
    {
        text = "";
        try
        {
            while (_leftInGroup == 0)
            {
                if (!NextGroup())
                    return false;
            }

            text = Next();
        }
        catch (Exception fault) when (ArrowFile.IsFault(fault))
        {
            throw ArrowFile.Explain(fault, path, Where(), "a page of texts");
        }

        _leftInGroup--;
        _row++;
        return true;
    }

    public void Dispose()
    {
        _chunk?.Dispose();
        _file.Dispose();
    }

    bool NextGroup()
    {
        if (_groups < 0)
            _groups = _file.FileMetaData.NumRowGroups;
        if (_group == _groups - 1)
            return false;
        _group++;
        _chunk?.Dispose();
        _chunk = null;
        using var group = _file.RowGroup(_group);
        using var chunk = group.MetaData.GetColumnChunkMetaData(column.Index);
        var rows = group.MetaData.NumRows;
        if (rows < 0 || chunk.NumValues != rows)
            throw Failed($"{chunk.NumValues} values", $"one in each of {rows} rows");
        if (rows > 0)
            _chunk = (ColumnReader<ByteArray>)group.Column(column.Index);
        _leftInGroup = rows;
        return true;
    }

    string Next()
    {
        if (_chunk!.ReadBatch(1, _level, [], _value, out var present) == 0)
            throw Failed("the end of the pages", $"{_leftInGroup} more values");
        return present == 1
            ? Decode()
            : throw Failed("no value (null)", "a value in every row", "Leave such rows out: in pandas, dropna().");
    }

    unsafe string Decode()
    {
        var bytes = _value[0];
        if (bytes.Length is < 0 or > MaxTextBytes)
            throw Failed($"a text of {(uint)bytes.Length} bytes", $"at most {MaxTextBytes}", "Cut it into several.");
        try
        {
            return Strict.GetString(new ReadOnlySpan<byte>((void*)bytes.Pointer, bytes.Length));
        }
        catch (DecoderFallbackException fault)
        {
            throw Failed(
                $"the byte {fault.BytesUnknown?.FirstOrDefault():X2} at {fault.Index} of a text of {bytes.Length} bytes", "UTF-8",
                "Decode the text with replacement of invalid bytes where it is made, and write the file again.");
        }
    }

    InvalidDataException Failed(string found, string expected, string remedy = Fault.Damaged) =>
        Fault.At(path, Where(), found, expected, remedy);

    string Where() => $"row group {_group}, column {Fault.Quote(column.Name)}, row {_row}";
}
