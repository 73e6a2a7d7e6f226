using System.Buffers;
using System.Buffers.Binary;
using HeadScope.ModelCore.Frames.Parquet;
using HeadScope.ModelCore.Frames.Parquet.Reading;

namespace HeadScope.ModelCore.Tests.Frames;

/// <summary>A Parquet file of one text column, in one page of one row group, any part of which may lie. A property that is null tells the truth.</summary>
internal sealed record ParquetBytes
{
    public Codec Codec { get; init; }

    public PageEncoding Encoding { get; init; }

    public PhysicalType Type { get; init; } = PhysicalType.ByteArray;

    /// <summary>The page as it is stored.</summary>
    public byte[]? Page { get; init; }

    public int? PageSize { get; init; }

    public int? StoredSize { get; init; }

    public int? PageValues { get; init; }

    public byte[]? Statistics { get; init; }

    public long? ChunkValues { get; init; }

    public long? ChunkStart { get; init; }

    public long? ChunkSize { get; init; }

    public long? GroupRows { get; init; }

    public long? Rows { get; init; }

    public string? OtherFile { get; init; }

    /// <summary>Bytes of a dictionary page of texts, in front of the data.</summary>
    public byte[]? Dictionary { get; init; }

    public int DictionaryValues { get; init; }

    public bool Optional { get; init; }

    public uint? FooterLength { get; init; }

    public static byte[] Plain(params IEnumerable<string> texts) => [.. texts.SelectMany(text =>
    {
        var bytes = System.Text.Encoding.UTF8.GetBytes(text);
        return BitConverter.GetBytes(bytes.Length).Concat(bytes);
    })];

    public byte[] Write(params string[] texts)
    {
        var output = new ArrayBufferWriter<byte>();
        output.Write(Footer.Magic);
        var start = output.WrittenCount;
        if (Dictionary is not null)
        {
            PageHeader.Write(output, PageType.Dictionary, PageEncoding.Plain, DictionaryValues, Dictionary.Length);
            output.Write(Dictionary);
        }

        var dataStart = output.WrittenCount;
        var page = Page ?? Plain(texts);
        WriteHeader(output, page.Length, texts.Length);
        output.Write(page);
        var size = output.WrittenCount - start;
        var footerStart = output.WrittenCount;
        WriteFooter(output, start, dataStart, size, texts.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(output.GetSpan(sizeof(uint)), FooterLength ?? (uint)(output.WrittenCount - footerStart));
        output.Advance(sizeof(uint));
        output.Write(Footer.Magic);
        return output.WrittenSpan.ToArray();
    }

    void WriteHeader(IBufferWriter<byte> output, int size, int values)
    {
        var thrift = new ThriftCompactWriter(output);
        thrift.Open();
        thrift.I32(1, (int)PageType.Data);
        thrift.I32(2, PageSize ?? size);
        thrift.I32(3, StoredSize ?? size);
        thrift.Struct(5);
        thrift.I32(1, PageValues ?? values);
        thrift.I32(2, (int)Encoding);
        thrift.I32(3, (int)PageEncoding.Rle);
        thrift.I32(4, (int)PageEncoding.Rle);
        if (Statistics is not null)
        {
            thrift.Struct(5);
            thrift.Binary(1, Statistics);
            thrift.End();
        }

        thrift.End();
        thrift.End();
    }

    void WriteFooter(IBufferWriter<byte> output, long start, long dataStart, long size, int values)
    {
        var thrift = new ThriftCompactWriter(output);
        thrift.Open();
        thrift.I32(1, 1);
        thrift.List(2, ThriftType.Struct, 2);
        thrift.Open();
        thrift.Text(4, "schema");
        thrift.I32(5, 1);
        thrift.End();
        thrift.Open();
        thrift.I32(1, (int)Type);
        thrift.I32(3, Optional ? 1 : 0);
        thrift.Text(4, "text");
        thrift.End();
        thrift.I64(3, Rows ?? values);
        thrift.List(4, ThriftType.Struct, 1);
        thrift.Open();
        thrift.List(1, ThriftType.Struct, 1);
        thrift.Open();
        if (OtherFile is not null)
            thrift.Text(1, OtherFile);
        thrift.I64(2, 0);
        thrift.Struct(3);
        thrift.I32(1, (int)Type);
        thrift.I32(4, (int)Codec);
        thrift.I64(5, ChunkValues ?? GroupRows ?? values);
        thrift.I64(7, ChunkSize ?? size);
        thrift.I64(9, ChunkStart ?? dataStart);
        if (Dictionary is not null)
            thrift.I64(11, start);
        thrift.End();
        thrift.End();
        thrift.I64(3, GroupRows ?? values);
        thrift.End();
        thrift.End();
    }
}
