namespace HeadScope.Data.Tests.Frames;

/// <summary>How a page's values are encoded, by the format's numbers.</summary>
internal enum PageEncoding
{
    Plain = 0,
    Rle = 3,
    DeltaBinaryPacked = 5,
    DeltaLengthByteArray = 6,
    DeltaByteArray = 7,
    RleDictionary = 8,
    ByteStreamSplit = 9,
}

/// <summary>How pages are compressed, by the format's numbers.</summary>
internal enum Codec
{
    Uncompressed = 0,
    Snappy = 1,
    Gzip = 2,
    Lzo = 3,
    Brotli = 4,
    Lz4 = 5,
    Zstd = 6,
    Lz4Raw = 7,
}

/// <summary>
/// A Parquet file of one text column, in one page of one row group, any part of which may lie. A property that is null tells the truth.
/// </summary>
internal sealed record ParquetBytes
{
    const int ByteArray = 6;

    public Codec Codec { get; init; }

    public PageEncoding Encoding { get; init; }

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

    /// <summary>Which of the format's logical types the column is of; null for none.</summary>
    public int? LogicalType { get; init; }

    public uint? FooterLength { get; init; }

    public static byte[] Plain(params IEnumerable<string> texts) => [.. texts.SelectMany(text =>
    {
        var bytes = System.Text.Encoding.UTF8.GetBytes(text);
        return BitConverter.GetBytes(bytes.Length).Concat(bytes);
    })];

    public byte[] Write(params string[] texts)
    {
        List<byte> file = [.. "PAR1"u8];
        var start = file.Count;
        if (Dictionary is { } dictionary)
        {
            file.AddRange(
                Header(2, dictionary.Length, dictionary.Length, (7, Thrift.Of((1, DictionaryValues), (2, (int)PageEncoding.Plain)))));
            file.AddRange(dictionary);
        }

        var dataStart = file.Count;
        var page = Page ?? Plain(texts);
        var statistics = Statistics is null ? null : Thrift.Of((1, Statistics));
        var data = Thrift.Of(
            (1, PageValues ?? texts.Length), (2, (int)Encoding), (3, (int)PageEncoding.Rle), (4, (int)PageEncoding.Rle), (5, statistics));
        file.AddRange(Header(0, PageSize ?? page.Length, StoredSize ?? page.Length, (5, data)));
        file.AddRange(page);
        var footer = Footer(start, dataStart, file.Count - start, texts.Length);
        return [.. file, .. footer, .. BitConverter.GetBytes(FooterLength ?? (uint)footer.Length), .. "PAR1"u8];
    }

    static byte[] Header(int type, int size, int stored, (int, object?) page) => Thrift.Of((1, type), (2, size), (3, stored), page).Bytes;

    byte[] Footer(long start, long dataStart, long size, int values)
    {
        var root = Thrift.Of((4, "schema"), (5, 1));
        var column = Thrift.Of(
            (1, ByteArray), (3, Optional ? 1 : 0), (4, "text"), (10, LogicalType is { } type ? Thrift.Of((type, Thrift.Of())) : null));
        var metadata = Thrift.Of(
            (1, ByteArray), (2, new object[] { (int)Encoding }), (3, new object[] { "text" }), (4, (int)Codec),
            (5, ChunkValues ?? GroupRows ?? values),
            (6, size), (7, ChunkSize ?? size), (9, ChunkStart ?? dataStart), (11, Dictionary is null ? null : start));
        var chunk = Thrift.Of((1, OtherFile), (2, 0L), (3, metadata));
        var group = Thrift.Of((1, new object[] { chunk }), (2, size), (3, GroupRows ?? values));
        return Thrift.Of((1, 1), (2, new object[] { root, column }), (3, Rows ?? values), (4, new object[] { group })).Bytes;
    }
}
