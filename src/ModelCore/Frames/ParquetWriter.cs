using System.Buffers;
using System.Buffers.Binary;
using HeadScope.ModelCore.Frames.Parquet;

namespace HeadScope.ModelCore.Frames;

/// <summary>
/// Writes a Parquet file (https://parquet.apache.org/docs/file-format/) forward onto a stream: flat, every column REQUIRED,
/// uncompressed, data pages of version 1. Integers and strings are dictionary-encoded in each row group where that is smaller,
/// everything else is PLAIN. The bytes depend on the rows, the schema and the options, never on how the rows were appended.
/// </summary>
/// <remarks>
/// Holds one row group's values, and the encoded pages of one of its columns. Used by one thread. The stream stays open.
/// A writer that is disposed of before <see cref="Complete"/> leaves a file without a footer, which no reader accepts: half a
/// table never passes for a whole one.
/// </remarks>
public sealed class ParquetWriter : IDisposable
{
    readonly Stream _stream;
    readonly ByteSink _sink;
    readonly ParquetOptions _options;
    readonly ColumnSpec[] _columns;
    readonly ColumnBuffer[] _buffers;
    readonly ChunkWriter _chunks;
    readonly List<RowGroup> _groups = [];
    int _rowsInGroup;
    bool _closed;

    /// <summary>Starts a file where the stream stands.</summary>
    /// <exception cref="ArgumentException">The schema is empty, a name is empty or taken, or an option is out of its range.</exception>
    public ParquetWriter(Stream stream, IEnumerable<ColumnSpec> columns, ParquetOptions options)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(columns);
        ArgumentNullException.ThrowIfNull(options);
        _columns = [.. columns];
        SchemaGuard.CheckSchema(_columns);
        options.Check();
        _stream = stream;
        _options = options;
        _sink = new ByteSink(stream);
        _chunks = new ChunkWriter(_sink, options.RowsPerPage);
        var layouts = new ValueLayouts();
        _buffers = [.. _columns.Select(column => ColumnBuffer.Create(column, layouts, options.RowsPerGroup))];
        _sink.Write(Footer.Magic);
    }

    /// <summary>Rows appended so far.</summary>
    public long Rows { get; private set; }

    /// <summary>Appends rows: one view for each column of the schema, in its order, all of one length. The values are copied.</summary>
    /// <exception cref="ArgumentException">The columns differ from the schema, or in length; nothing was appended.</exception>
    /// <exception cref="InvalidOperationException">The file was completed, or an earlier write failed.</exception>
    public void Append(params ReadOnlySpan<ColumnValues> columns)
    {
        CheckOpen();
        SchemaGuard.CheckBatch(_columns, columns);
        var count = columns[0].Count;
        for (var start = 0; start < count;)
        {
            var taken = Math.Min(count - start, _options.RowsPerGroup - _rowsInGroup);
            for (var i = 0; i < columns.Length; i++)
                _buffers[i].Append(columns[i], start, taken);
            start += taken;
            _rowsInGroup += taken;
            Rows += taken;
            if (_rowsInGroup == _options.RowsPerGroup)
                WriteGroup();
        }
    }

    /// <summary>Writes the last row group and the footer, and flushes the stream.</summary>
    /// <exception cref="InvalidOperationException">The file was completed, or an earlier write failed.</exception>
    public void Complete()
    {
        CheckOpen();
        if (_rowsInGroup > 0)
            WriteGroup();
        _closed = true;
        var footer = new ArrayBufferWriter<byte>();
        Footer.Write(footer, _columns, _groups, Rows, _options);
        Span<byte> length = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(length, footer.WrittenCount);
        _sink.Write(footer.WrittenSpan);
        _sink.Write(length);
        _sink.Write(Footer.Magic);
        _stream.Flush();
    }

    public void Dispose()
    {
        _closed = true;
        foreach (var buffer in _buffers)
            buffer.Dispose();
    }

    void WriteGroup()
    {
        // If the stream fails in the middle, what follows would be garbage: the writer stays closed.
        _closed = true;
        var chunks = new ColumnChunk[_buffers.Length];
        for (var i = 0; i < chunks.Length; i++)
            chunks[i] = _buffers[i].Write(_chunks);
        _groups.Add(new RowGroup(_rowsInGroup, chunks));
        _rowsInGroup = 0;
        _closed = false;
    }

    void CheckOpen()
    {
        if (_closed)
            throw new InvalidOperationException("The Parquet file takes no more rows: it was completed or disposed of, or a write failed.");
    }
}
