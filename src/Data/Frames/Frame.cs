namespace HeadScope.Data.Frames;

/// <summary>
/// A table in memory: named columns of equal length, in order. For results of up to some million rows; longer ones stream
/// through <see cref="ParquetWriter"/>.
/// </summary>
/// <example><code>var frame = new Frame().Add("L", layers).Add("H", heads).Add("label", labels);</code></example>
public sealed class Frame
{
    readonly List<ColumnSpec> _columns = [];
    readonly List<ColumnValues> _values = [];

    /// <summary>How many rows each column has; 0 before the first column.</summary>
    public int Rows => _values.Count == 0 ? 0 : _values[0].Count;

    public IReadOnlyList<ColumnSpec> Columns => _columns;

    /// <summary>The columns' values, in the order of <see cref="Columns"/>.</summary>
    public IReadOnlyList<ColumnValues> Values => _values;

    /// <summary>Adds a column on the right. The frame keeps a view of the values, not a copy.</summary>
    /// <returns>This frame.</returns>
    /// <exception cref="ArgumentException">The name is empty or taken, or the length is not that of the other columns.</exception>
    public Frame Add(string name, ColumnValues values)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(values);
        if (_columns.Any(column => column.Name == name))
            throw new ArgumentException($"The frame has a column '{name}' already.", nameof(name));
        if (_columns.Count > 0 && values.Count != Rows)
            throw new ArgumentException($"Column '{name}' has {values.Count} rows where '{_columns[0].Name}' has {Rows}.", nameof(values));
        _columns.Add(new ColumnSpec(name, values.Type));
        _values.Add(values);
        return this;
    }

    /// <summary>Writes the frame as CSV and leaves the stream open. <see cref="CsvFrameWriter"/> says how values are written.</summary>
    public void WriteCsv(Stream stream) => CsvFrameWriter.Write(this, stream);

    /// <summary>Writes the frame as a Parquet file and leaves the stream open. The bytes depend on the arguments only.</summary>
    /// <param name="stream">Written forward from where it stands.</param>
    /// <param name="createdBy">See <see cref="ParquetOptions.CreatedBy"/>.</param>
    /// <param name="metadata">Key-value pairs for the footer, in this order.</param>
    public void WriteParquet(Stream stream, string createdBy, params IEnumerable<KeyValuePair<string, string>> metadata)
    {
        var options = new ParquetOptions { CreatedBy = createdBy, Metadata = [.. metadata] };
        using var writer = new ParquetWriter(stream, _columns, options);
        writer.Append([.. _values]);
        writer.Complete();
    }
}
