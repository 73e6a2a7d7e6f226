using ParquetSharp;
using ParquetSharp.Schema;

namespace HeadScope.Data.Frames.Parquet;

/// <summary>How our files are laid out: the choices that readers and sizes depend on.</summary>
internal static class FileLayout
{
    /// <summary>A flat schema in which every column is REQUIRED.</summary>
    public static GroupNode Schema(ColumnSpec[] columns)
    {
        var nodes = Array.ConvertAll(columns, column =>
        {
            using var meaning = column.Type == ColumnType.String ? LogicalType.String() : LogicalType.None();
            return new PrimitiveNode(column.Name, Repetition.Required, meaning, TypeOf(column));
        });
        try
        {
            return new GroupNode("schema", Repetition.Required, nodes);
        }
        finally
        {
            foreach (var node in nodes)
                node.Dispose();
        }
    }

    /// <summary>
    /// Format 2.6 with data pages of version 1, which every reader knows. Uncompressed: compressors differ by version and processor,
    /// and these files are the same bytes everywhere. Integers and strings have a dictionary, which makes them small.
    /// </summary>
    /// <remarks>
    /// Integers alone have statistics. Those of floats leave NaN out, and engines that take NaN for the largest number, DuckDB for
    /// one, would skip rows that they look for; those of flags and labels are the same in every row group.
    /// </remarks>
    public static WriterProperties Properties(ColumnSpec[] columns, ParquetOptions options)
    {
        using var builder = new WriterPropertiesBuilder();
        builder
            .Version(ParquetVersion.PARQUET_2_6)
            .DataPageVersion(ParquetDataPageVersion.V1)
            .Compression(Compression.Uncompressed)
            .DisableWritePageIndex()
            .SetSizeStatisticsLevel(SizeStatisticsLevel.None)
            .CreatedBy(options.CreatedBy);
        foreach (var column in columns)
        {
            using var path = new ColumnPath([column.Name]);
            if (column.Type is not (ColumnType.Int32 or ColumnType.Int64))
                builder.DisableStatistics(path);
            if (column.Type is ColumnType.Float or ColumnType.Double)
                builder.DisableDictionary(path);
        }

        return builder.Build();
    }

    static PhysicalType TypeOf(ColumnSpec column) => column.Type switch
    {
        ColumnType.Int32 => PhysicalType.Int32,
        ColumnType.Int64 => PhysicalType.Int64,
        ColumnType.Float => PhysicalType.Float,
        ColumnType.Double => PhysicalType.Double,
        ColumnType.Boolean => PhysicalType.Boolean,
        ColumnType.String => PhysicalType.ByteArray,
        _ => throw new ArgumentOutOfRangeException(nameof(column), column.Type, $"Column '{column.Name}' has no known type."),
    };
}
