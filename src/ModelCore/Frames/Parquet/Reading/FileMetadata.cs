namespace HeadScope.ModelCore.Frames.Parquet.Reading;

/// <summary>Where the values of one column in one row group lie, as the footer says; nothing of it is checked against the file yet.</summary>
/// <param name="Size">Bytes of all its pages with their headers.</param>
/// <param name="Unreadable">Why the pages are not in this file, or not to be read; null where they are.</param>
internal readonly record struct ChunkInfo(PhysicalType Type, Codec Codec, long Values, long Start, long Size, string? Unreadable);

internal sealed record RowGroupInfo(long Rows, ChunkInfo[] Chunks);

/// <summary>The footer: <c>FileMetaData</c> of parquet.thrift, as far as reading columns needs it.</summary>
/// <param name="Columns">The leaves of the schema. Chunks of a row group are in the same order.</param>
internal sealed record FileMetadata(IReadOnlyList<ColumnSchema> Columns, long Rows, IReadOnlyList<RowGroupInfo> Groups)
{
    public const string Decrypt = "Decrypt it with the program that wrote it.";

    /// <exception cref="DecodeFault">The bytes are no footer, or one that contradicts itself.</exception>
    public static FileMetadata Read(ReadOnlySpan<byte> footer)
    {
        var thrift = new ThriftCompactReader(footer);
        IReadOnlyList<ColumnSchema>? columns = null;
        List<RowGroupInfo>? groups = null;
        long? rows = null;
        for (var field = default(ThriftField); thrift.Next(ref field);)
        {
            switch (field.Id)
            {
                case 2:
                    columns = SchemaReader.Read(ref thrift, field);
                    break;
                case 3:
                    rows = thrift.I64(field);
                    break;
                case 4:
                    groups = ReadGroups(ref thrift, field, columns?.Count ?? throw new DecodeFault("row groups before the schema", "the schema first"));
                    break;
                case 8:
                    throw new DecodeFault("an encrypted file", "one that is not", Decrypt);
                default:
                    thrift.Skip(field);
                    break;
            }
        }

        if (columns is null || rows is null || groups is null)
            throw new DecodeFault("metadata without a schema, a number of rows or row groups", "all three");
        CheckRows(rows.Value, groups);
        return new FileMetadata(columns, rows.Value, groups);
    }

    static void CheckRows(long rows, List<RowGroupInfo> groups)
    {
        var left = rows;
        foreach (var group in groups)
        {
            if (group.Rows < 0 || group.Rows > left)
                throw new DecodeFault($"a row group of {group.Rows} rows", $"at most the {left} that are left of the file's {rows}");
            left -= group.Rows;
        }

        if (left != 0)
            throw new DecodeFault($"row groups of {rows - left} rows together", $"the file's {rows}");
    }

    static List<RowGroupInfo> ReadGroups(ref ThriftCompactReader thrift, ThriftField list, int columns)
    {
        var groups = new List<RowGroupInfo>();
        var count = thrift.List(list, ThriftType.Struct);
        if ((long)count * Math.Max(1, columns) > Limits.Chunks)
            throw new DecodeFault($"{count} row groups of {columns} columns", $"at most {Limits.Chunks} columns together");
        for (; count > 0; count--)
        {
            ChunkInfo[]? chunks = null;
            var rows = -1L;
            for (var field = default(ThriftField); thrift.Next(ref field);)
            {
                if (field.Id == 1)
                    chunks = ReadChunks(ref thrift, field, columns);
                else if (field.Id == 3)
                    rows = thrift.I64(field);
                else
                    thrift.Skip(field);
            }

            groups.Add(new RowGroupInfo(rows, chunks ?? throw new DecodeFault("a row group without columns", $"{columns}")));
        }

        return groups;
    }

    static ChunkInfo[] ReadChunks(ref ThriftCompactReader thrift, ThriftField list, int columns)
    {
        var count = thrift.List(list, ThriftType.Struct);
        if (count != columns)
            throw new DecodeFault($"a row group of {count} columns", $"the schema's {columns}");
        var chunks = new ChunkInfo[count];
        foreach (ref var chunk in chunks.AsSpan())
        {
            chunk = new ChunkInfo(default, default, 0, 0, 0, "pages that lie nowhere");
            string? elsewhere = null;
            for (var field = default(ThriftField); thrift.Next(ref field);)
            {
                switch (field.Id)
                {
                    case 1:
                        elsewhere = thrift.Binary(field).IsEmpty ? null : "pages in another file";
                        break;
                    case 3:
                        thrift.Struct(field);
                        chunk = ReadChunk(ref thrift);
                        break;
                    case 8:
                        elsewhere = "encrypted pages";
                        thrift.Skip(field);
                        break;
                    default:
                        thrift.Skip(field);
                        break;
                }
            }

            chunk = chunk with { Unreadable = elsewhere ?? chunk.Unreadable };
        }

        return chunks;
    }

    static ChunkInfo ReadChunk(ref ThriftCompactReader thrift)
    {
        var chunk = new ChunkInfo((PhysicalType)(-1), (Codec)(-1), -1, 0, -1, null);
        long data = -1, dictionary = -1;
        for (var field = default(ThriftField); thrift.Next(ref field);)
        {
            switch (field.Id)
            {
                case 1:
                    chunk = chunk with { Type = (PhysicalType)thrift.I32(field) };
                    break;
                case 4:
                    chunk = chunk with { Codec = (Codec)thrift.I32(field) };
                    break;
                case 5:
                    chunk = chunk with { Values = thrift.I64(field) };
                    break;
                case 7:
                    chunk = chunk with { Size = thrift.I64(field) };
                    break;
                case 9:
                    data = thrift.I64(field);
                    break;
                case 11:
                    dictionary = thrift.I64(field);
                    break;
                default:
                    thrift.Skip(field);
                    break;
            }
        }

        // Some writers leave a dictionary's offset at 0 where there is none.
        return chunk with { Start = dictionary > 0 && dictionary < data ? dictionary : data };
    }
}
