using HeadScope.Data.Files;
using ParquetSharp;

namespace HeadScope.Data.Frames.Parquet;

/// <summary>Which of a file's columns holds the texts.</summary>
/// <param name="Name">What a reader of the table sees.</param>
/// <param name="Index">Its place among the columns that hold values.</param>
/// <param name="LargestChunk">The bytes that it has in a row group, at the most.</param>
internal sealed record TextColumn(string Name, int Index, long LargestChunk)
{
    /// <summary>Deeper schemas and wider ones than any table of texts has.</summary>
    const int MaxSchema = 4096;

    const string Texts = "texts";
    const string Nested = "a nested type (a struct, list or map)";

    /// <exception cref="InvalidDataException">The footer is damaged, there is no such column, or it holds no texts.</exception>
    public static TextColumn Find(string path, string name) => DeepStack.Run(() =>
    {
        using var file = ArrowFile.Open(path, byPage: false);
        try
        {
            if (file.FileMetaData.NumSchemaElements is > MaxSchema and var elements)
                throw Failed(path, $"a schema of {elements} columns and groups", $"at most {MaxSchema}");
            var column = new TextColumn(name, FindIndex(file.FileMetaData.Schema, path, name), 0);
            return column with { LargestChunk = column.CheckGroups(file, path) };
        }
        catch (Exception fault) when (ArrowFile.IsFault(fault))
        {
            throw ArrowFile.Explain(fault, path, ArrowFile.Footer, "that of a Parquet file");
        }
    });

    static int FindIndex(SchemaDescriptor schema, string path, string name)
    {
        var leaves = Enumerable.Range(0, schema.NumColumns).Select(index => (Index: index, Leaf: Describe(schema.Column(index)))).ToList();
        var found = leaves.FindAll(leaf => leaf.Leaf.Name == name);
        if (found is [(var index, (_, Texts))])
            return index;
        var what = found switch
        {
            [] => $"no column {Fault.Quote(name)}",
            [(_, (_, Nested)), ..] => $"column {Fault.Quote(name)} of {Nested}",
            [(_, (_, var held))] => $"column {Fault.Quote(name)} of {held}",
            _ => $"column {Fault.Quote(name)} twice",
        };
        var others = leaves.Where(leaf => leaf.Leaf.Held == Texts).Select(leaf => Fault.Quote(leaf.Leaf.Name)).Distinct().Take(20).ToList();
        throw Failed(
            path, what, "one of texts",
            others.Count == 0 ? "There is none in this file." : $"Name another column: {string.Join(", ", others)}.");
    }

    /// <summary>Its own name, or that of the outermost group around it, and what it holds.</summary>
    static (string Name, string Held) Describe(ColumnDescriptor column)
    {
        using var path = column.Path;
        var names = path.ToDotVector();
        if (names.Length > 1 || column.MaxRepetitionLevel > 0)
            return (names[0], Nested);
        return (names[0], (column.PhysicalType, MeaningOf(column)) switch
        {
            // Bytes that nothing is said about count as text: some writers leave it unsaid.
            (PhysicalType.ByteArray, LogicalTypeEnum.None or LogicalTypeEnum.String or LogicalTypeEnum.Enum or LogicalTypeEnum.Json) =>
                Texts,
            (var stored, LogicalTypeEnum.None) => $"{stored} values",
            (_, var meaning) => $"{meaning} values",
        });
    }

    static LogicalTypeEnum MeaningOf(ColumnDescriptor column)
    {
        try
        {
            using var type = column.LogicalType;
            return type.Type;
        }
        catch (ArgumentOutOfRangeException)
        {
            return LogicalTypeEnum.Undefined; // which ParquetSharp has no object for: a type newer than it
        }
    }

    /// <returns><see cref="LargestChunk"/>, which no footer makes larger than the file.</returns>
    long CheckGroups(ParquetFileReader file, string path)
    {
        var (rows, largest) = (0L, 0L);
        for (var i = 0; i < file.FileMetaData.NumRowGroups; i++)
        {
            using var group = file.RowGroup(i);
            using var chunk = group.MetaData.GetColumnChunkMetaData(Index);
            if (chunk.Compression == Compression.Lzo)
            {
                throw Fault.At(
                    path, $"row group {i}, column {Fault.Quote(Name)}", "LZO compression", "another one, or none",
                    "Write the file again with a program that reads it.");
            }

            rows += group.MetaData.NumRows;
            largest = Math.Max(largest, chunk.TotalCompressedSize);
        }

        return rows == file.FileMetaData.NumRows
            ? Math.Min(largest, new FileInfo(path).Length)
            : throw Failed(path, $"row groups of {rows} rows together", $"the file's {file.FileMetaData.NumRows}");
    }

    static InvalidDataException Failed(string path, string found, string expected, string remedy = Fault.Damaged) =>
        Fault.At(path, ArrowFile.Footer, found, expected, remedy);
}
