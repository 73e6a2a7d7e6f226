using System.Buffers;

namespace HeadScope.ModelCore.Frames.Parquet;

/// <summary>The format's numbers for the types that values are stored as.</summary>
internal enum PhysicalType
{
    Boolean = 0,
    Int32 = 1,
    Int64 = 2,
    Int96 = 3,
    Float = 4,
    Double = 5,
    ByteArray = 6,
    FixedLenByteArray = 7,
}

internal static class PhysicalTypes
{
    public static PhysicalType Of(ColumnType type) => type switch
    {
        ColumnType.Int32 => PhysicalType.Int32,
        ColumnType.Int64 => PhysicalType.Int64,
        ColumnType.Float => PhysicalType.Float,
        ColumnType.Double => PhysicalType.Double,
        ColumnType.Boolean => PhysicalType.Boolean,
        ColumnType.String => PhysicalType.ByteArray,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "No such column type."),
    };
}

/// <summary>The format's numbers for how the values of a page are encoded.</summary>
internal enum PageEncoding
{
    Plain = 0,

    /// <summary>The older name of <see cref="RleDictionary"/>; on a dictionary page, of <see cref="Plain"/>.</summary>
    PlainDictionary = 2,
    Rle = 3,
    BitPacked = 4,
    DeltaBinaryPacked = 5,
    DeltaLengthByteArray = 6,
    DeltaByteArray = 7,
    RleDictionary = 8,
    ByteStreamSplit = 9,
}

/// <summary>The format's numbers for what a page holds.</summary>
internal enum PageType
{
    Data = 0,
    Index = 1,
    Dictionary = 2,
    DataV2 = 3,
}

/// <summary>The Thrift struct in front of each page, <c>PageHeader</c> in parquet.thrift.</summary>
internal static class PageHeader
{
    /// <param name="output">Gets the header.</param>
    /// <param name="type">What the page holds.</param>
    /// <param name="encoding">Of its values.</param>
    /// <param name="values">How many there are.</param>
    /// <param name="size">Bytes of the page, without the header.</param>
    public static void Write(IBufferWriter<byte> output, PageType type, PageEncoding encoding, int values, int size)
    {
        var thrift = new ThriftCompactWriter(output);
        thrift.Open();
        thrift.I32(1, (int)type);
        thrift.I32(2, size);
        thrift.I32(3, size);
        thrift.Struct(type == PageType.Data ? 5 : 7);
        thrift.I32(1, values);
        thrift.I32(2, (int)encoding);
        if (type == PageType.Data)
        {
            // The format requires both, though a flat schema without missing values stores no levels.
            thrift.I32(3, (int)PageEncoding.Rle);
            thrift.I32(4, (int)PageEncoding.Rle);
        }

        thrift.End();
        thrift.End();
    }
}
