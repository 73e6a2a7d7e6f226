using System.Runtime.InteropServices;
using HeadScope.Data.Frames.Parquet;
using ParquetSharp;
using ParquetSharp.IO;

namespace HeadScope.Data.Frames;

/// <summary>
/// Writes a Parquet file (https://parquet.apache.org/docs/file-format/) forward onto a stream, with Arrow's library: flat, every
/// column REQUIRED, uncompressed. The bytes depend on the rows, the schema and the options, never on how the rows were appended.
/// </summary>
/// <remarks>
/// Holds one row group's values, and the encoded pages of one of its columns. Used by one thread. The stream stays open.
/// A writer that is disposed of before <see cref="Complete"/> leaves a file without a footer, which no reader accepts: half a
/// table never passes for a whole one. What the stream throws comes through as it is.
/// </remarks>
public sealed class ParquetWriter : IDisposable
{
    readonly Stream _stream;
    readonly ArrowOutput _output;
    readonly ManagedOutputStream _arrowStream;
    readonly ParquetFileWriter _file;
    readonly ParquetOptions _options;
    readonly ColumnSpec[] _columns;
    readonly ColumnBuffer[] _buffers;

    /// <summary>
    /// Holds the stream until this writer is disposed of. Arrow calls it once more when it is freed; were that left to the finalizer,
    /// the call could come after the stream was collected, which ends the process.
    /// </summary>
    GCHandle _held;
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
        _buffers = Array.ConvertAll(_columns, column => ColumnBuffer.Create(column, options.RowsPerGroup));
        _output = new ArrowOutput(stream);
        _arrowStream = new ManagedOutputStream(_output, leaveOpen: true);
        using var schema = FileLayout.Schema(_columns);
        using var properties = FileLayout.Properties(_columns, options);
        ParquetFileWriter? file = null;
        _output.Run(
            () => file = new ParquetFileWriter(_arrowStream, schema, properties, new OrderedDictionary<string, string>(options.Metadata)));
        _file = file!;
        _held = GCHandle.Alloc(_arrowStream);
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
                Write(WriteGroup);
        }
    }

    /// <summary>Writes the last row group and the footer, and flushes the stream.</summary>
    /// <exception cref="InvalidOperationException">The file was completed, or an earlier write failed.</exception>
    public void Complete()
    {
        CheckOpen();
        if (_rowsInGroup > 0)
            Write(WriteGroup);
        Write(_file.Close);
        _closed = true;
        _stream.Flush();
    }

    public void Dispose()
    {
        _closed = true;
        _file.Dispose();
        _arrowStream.Dispose();
        if (_held.IsAllocated)
            _held.Free();
    }

    void Write(Action write)
    {
        // If the stream fails in the middle, what follows would be garbage: the writer stays closed.
        _closed = true;
        _output.Run(write);
        _closed = false;
    }

    void WriteGroup()
    {
        using var group = _file.AppendRowGroup();
        foreach (var buffer in _buffers)
        {
            using var column = group.NextColumn();
            buffer.Write(column);
        }

        group.Close();
        _rowsInGroup = 0;
    }

    void CheckOpen()
    {
        if (_closed)
            throw new InvalidOperationException("The Parquet file takes no more rows: it was completed or disposed of, or a write failed.");
    }
}
