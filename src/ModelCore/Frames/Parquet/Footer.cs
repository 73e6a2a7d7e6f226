using System.Buffers;

namespace HeadScope.ModelCore.Frames.Parquet;

/// <summary>
/// The file's metadata, <c>FileMetaData</c> in
/// https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift. Field numbers are that file's.
/// </summary>
internal static class Footer
{
    // The format's authors advise against 2, which never came to mean anything.
    const int Version = 1;
    const int Required = 0;
    const int Utf8 = 0;
    const int Uncompressed = 0;

    /// <summary>The four bytes a file starts and ends with.</summary>
    public static ReadOnlySpan<byte> Magic => "PAR1"u8;

    public static void Write(
        IBufferWriter<byte> output, ColumnSpec[] columns, List<RowGroup> groups, long rows, ParquetOptions options)
    {
        var thrift = new ThriftCompactWriter(output);
        thrift.Open();
        thrift.I32(1, Version);
        thrift.List(2, ThriftType.Struct, columns.Length + 1);
        WriteRoot(thrift, columns.Length);
        foreach (var column in columns)
            WriteColumn(thrift, column);
        thrift.I64(3, rows);
        thrift.List(4, ThriftType.Struct, groups.Count);
        foreach (var group in groups)
            WriteGroup(thrift, columns, group);
        if (options.Metadata.Count > 0)
        {
            thrift.List(5, ThriftType.Struct, options.Metadata.Count);
            foreach (var (key, value) in options.Metadata)
            {
                thrift.Open();
                thrift.Text(1, key);
                thrift.Text(2, value);
                thrift.End();
            }
        }

        thrift.Text(6, options.CreatedBy);
        thrift.List(7, ThriftType.Struct, columns.Length);
        for (var i = 0; i < columns.Length; i++)
        {
            thrift.Open();
            thrift.Struct(1); // TypeDefinedOrder
            thrift.End();
            thrift.End();
        }

        thrift.End();
    }

    static void WriteRoot(ThriftCompactWriter thrift, int children)
    {
        thrift.Open();
        thrift.Text(4, "schema");
        thrift.I32(5, children);
        thrift.End();
    }

    static void WriteColumn(ThriftCompactWriter thrift, ColumnSpec column)
    {
        thrift.Open();
        thrift.I32(1, (int)PhysicalTypes.Of(column.Type));
        thrift.I32(3, Required);
        thrift.Text(4, column.Name);
        if (column.Type == ColumnType.String)
        {
            thrift.I32(6, Utf8);
            thrift.Struct(10); // LogicalType
            thrift.Struct(1); // StringType
            thrift.End();
            thrift.End();
        }

        thrift.End();
    }

    static void WriteGroup(ThriftCompactWriter thrift, ColumnSpec[] columns, RowGroup group)
    {
        var size = group.Columns.Sum(chunk => chunk.Size);
        thrift.Open();
        thrift.List(1, ThriftType.Struct, columns.Length);
        for (var i = 0; i < columns.Length; i++)
        {
            thrift.Open();
            thrift.I64(2, 0); // the format's own advice for a deprecated offset
            thrift.Struct(3);
            WriteChunk(thrift, columns[i], group.Columns[i], group.Rows);
            thrift.End();
            thrift.End();
        }

        thrift.I64(2, size);
        thrift.I64(3, group.Rows);
        thrift.I64(5, group.Columns[0].Offset);
        thrift.I64(6, size);
        thrift.End();
    }

    static void WriteChunk(ThriftCompactWriter thrift, ColumnSpec column, ColumnChunk chunk, int rows)
    {
        thrift.I32(1, (int)PhysicalTypes.Of(column.Type));
        thrift.List(2, ThriftType.I32, chunk.HasDictionary ? 2 : 1);
        thrift.Element((int)PageEncoding.Plain);
        if (chunk.HasDictionary)
            thrift.Element((int)PageEncoding.RleDictionary);
        thrift.List(3, ThriftType.Binary, 1);
        thrift.Element(column.Name);
        thrift.I32(4, Uncompressed);
        thrift.I64(5, rows);
        thrift.I64(6, chunk.Size);
        thrift.I64(7, chunk.Size);
        thrift.I64(9, chunk.DataOffset);
        if (chunk.HasDictionary)
            thrift.I64(11, chunk.Offset);
        thrift.Struct(12);
        WriteStatistics(thrift, chunk.Statistics);
        thrift.End();
        thrift.List(13, ThriftType.Struct, chunk.HasDictionary ? 2 : 1);
        if (chunk.HasDictionary)
            WritePageCount(thrift, PageType.Dictionary, PageEncoding.Plain, 1);
        WritePageCount(thrift, PageType.Data, chunk.HasDictionary ? PageEncoding.RleDictionary : PageEncoding.Plain, chunk.DataPages);
    }

    static void WritePageCount(ThriftCompactWriter thrift, PageType type, PageEncoding encoding, int count)
    {
        thrift.Open();
        thrift.I32(1, (int)type);
        thrift.I32(2, (int)encoding);
        thrift.I32(3, count);
        thrift.End();
    }

    static void WriteStatistics(ThriftCompactWriter thrift, ColumnStatistics statistics)
    {
        thrift.I64(3, 0); // nulls
        if (statistics.Maximum is { } maximum)
            thrift.Binary(5, maximum);
        if (statistics.Minimum is { } minimum)
            thrift.Binary(6, minimum);
        if (statistics.NanCount is { } nans)
            thrift.I64(9, nans);
    }
}
