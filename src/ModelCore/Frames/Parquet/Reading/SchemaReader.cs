using System.Text;

namespace HeadScope.ModelCore.Frames.Parquet.Reading;

/// <summary>A column that holds values: a leaf of the schema.</summary>
/// <param name="Name">Its own, or that of the outermost group around it: what a reader of the table sees.</param>
/// <param name="Type">How its values are stored.</param>
/// <param name="Value">What they are, where that is a type that is read here.</param>
/// <param name="Optional">A row may have none.</param>
/// <param name="Nested">It is part of a struct, list or map.</param>
internal sealed record ColumnSchema(string Name, PhysicalType Type, ColumnType? Value, bool Optional, bool Nested);

/// <summary>The schema: a tree of groups and leaves in depth-first order, each group with the number of its children.</summary>
internal static class SchemaReader
{
    // ConvertedType of parquet.thrift.
    const int Utf8 = 0;
    const int Enum = 4;
    const int UInt8 = 11;
    const int UInt16 = 12;
    const int Int8 = 15;
    const int Int64 = 18;
    const int Json = 19;

    /// <summary>What only a logical type expresses.</summary>
    const int Other = int.MaxValue;

    /// <exception cref="DecodeFault">The tree is not one.</exception>
    public static IReadOnlyList<ColumnSchema> Read(ref ThriftCompactReader thrift, ThriftField list)
    {
        var columns = new List<ColumnSchema>();
        var name = "";
        var left = new Stack<int>(); // children still to come, of each group that is open
        var elements = thrift.List(list, ThriftType.Struct);
        if (elements > Limits.Columns)
            throw new DecodeFault($"a schema of {elements} columns and groups", $"at most {Limits.Columns}");
        for (var count = elements; count > 0; count--)
        {
            var element = ReadElement(ref thrift);
            if (left.Count == 1)
                name = element.Name;
            if (left.TryPop(out var siblings))
                left.Push(siblings - 1);
            if (element.Children is { } children)
            {
                if (children < 0 || children >= count || left.Count == Limits.SchemaDepth)
                {
                    throw new DecodeFault(
                        $"a group of {children} columns inside {left.Count} others", $"as many as follow, inside at most {Limits.SchemaDepth}");
                }

                left.Push(children);
            }
            else
            {
                var nested = left.Count > 1 || element.Repetition == Repetition.Repeated;
                columns.Add(new ColumnSchema(name, element.Type, Meaning(element), element.Repetition == Repetition.Optional, nested));
            }

            while (left.TryPeek(out var more) && more == 0)
                left.Pop();
            if (left.Count == 0 && count > 1)
                throw new DecodeFault("columns outside the schema's root", "one tree");
        }

        return left.Count == 0 ? columns : throw new DecodeFault("a schema cut short", "all columns of its groups");
    }

    static Element ReadElement(ref ThriftCompactReader thrift)
    {
        var element = new Element("", (PhysicalType)(-1), Repetition.Required, null, null);
        int? logical = null;
        for (var field = default(ThriftField); thrift.Next(ref field);)
        {
            switch (field.Id)
            {
                case 1:
                    element = element with { Type = (PhysicalType)thrift.I32(field) };
                    break;
                case 3:
                    element = element with { Repetition = (Repetition)thrift.I32(field) };
                    break;
                case 4:
                    element = element with { Name = Encoding.UTF8.GetString(thrift.Binary(field)) };
                    break;
                case 5:
                    element = element with { Children = thrift.I32(field) };
                    break;
                case 6:
                    element = element with { Converted = thrift.I32(field) };
                    break;
                case 10:
                    thrift.Struct(field);
                    logical = ReadLogicalType(ref thrift);
                    break;
                default:
                    thrift.Skip(field);
                    break;
            }
        }

        // A leaf may say 0 children.
        var isLeaf = element is { Children: 0, Type: >= PhysicalType.Boolean };
        return element with { Children = isLeaf ? null : element.Children, Converted = element.Converted ?? logical };
    }

    /// <summary>The converted type that says the same: older writers know only those.</summary>
    static int ReadLogicalType(ref ThriftCompactReader thrift)
    {
        var converted = Other;
        for (var field = default(ThriftField); thrift.Next(ref field); thrift.Skip(field))
            converted = field.Id switch { 1 => Utf8, 4 => Enum, 12 => Json, _ => Other };
        return converted;
    }

    /// <summary>Bytes that nothing is said about count as text: some writers leave it unsaid.</summary>
    static ColumnType? Meaning(Element element) => (element.Type, element.Converted) switch
    {
        (PhysicalType.ByteArray, null or Utf8 or Enum or Json) => ColumnType.String,
        (PhysicalType.Int32, null or UInt8 or UInt16 or (>= Int8 and < Int64)) => ColumnType.Int32,
        (PhysicalType.Int64, null or Int64) => ColumnType.Int64,
        (PhysicalType.Float, null) => ColumnType.Float,
        (PhysicalType.Double, null) => ColumnType.Double,
        (PhysicalType.Boolean, null) => ColumnType.Boolean,
        _ => null,
    };

    enum Repetition
    {
        Required = 0,
        Optional = 1,
        Repeated = 2,
    }

    readonly record struct Element(string Name, PhysicalType Type, Repetition Repetition, int? Children, int? Converted);
}
