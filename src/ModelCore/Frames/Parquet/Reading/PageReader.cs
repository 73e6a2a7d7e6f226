namespace HeadScope.ModelCore.Frames.Parquet.Reading;

/// <summary>Reads the pages of one column chunk after another, and keeps the memory for them.</summary>
internal sealed class PageReader(ByteSource source)
{
    const int FirstWindow = 1 << 12;

    readonly PageBuffer _window = new();
    readonly PageBuffer _stored = new();
    readonly PageBuffer _data = new();
    readonly PageBuffer _dictionary = new();
    Codec _codec;
    long _at;
    long _end;

    /// <exception cref="DecodeFault">The chunk does not lie in the file, or cannot be read.</exception>
    public void Start(ChunkInfo chunk)
    {
        if (chunk.Unreadable is { } reason)
            throw new DecodeFault(reason, "pages in this file", "Write the whole table into one file, unencrypted.");
        if (chunk.Start < Footer.Magic.Length || chunk.Size < 0 || chunk.Size > source.Length - chunk.Start)
            throw new DecodeFault($"{chunk.Size} bytes of pages from byte {chunk.Start} on", $"a range within the file's {source.Length}");
        _codec = chunk.Codec;
        _at = chunk.Start;
        _end = chunk.Start + chunk.Size;
    }

    /// <summary>Reads the next page that is data or a dictionary.</summary>
    /// <returns>Its header, and the page, decompressed. A dictionary stays until the next one, data until the next data.</returns>
    /// <exception cref="DecodeFault">The page is damaged, or the chunk has no more.</exception>
    public (PageInfo Info, ReadOnlyMemory<byte> Page) Next()
    {
        while (true)
        {
            var info = ReadHeader();
            if (info.StoredSize > _end - _at)
                throw new DecodeFault($"a page of {info.StoredSize} bytes where {_end - _at} are left of the column's", "a page within them");
            var start = _at;
            _at += info.StoredSize;
            if (info.Type != PageType.Index)
                return (info, ReadPage(info, start));
        }
    }

    PageInfo ReadHeader()
    {
        var left = _end - _at;
        for (var size = (int)Math.Min(left, FirstWindow); ; size = (int)Math.Min(left, 4L * size))
        {
            _window.Reserve(size);
            var window = _window.Bytes.AsSpan(0, size);
            source.Read(_at, window);
            var thrift = new ThriftCompactReader(window);
            try
            {
                var info = PageInfo.Read(ref thrift);
                _at += thrift.Position;
                return info;
            }
            catch (DecodeFault fault) when (fault.IsEnd && size < left && size < Limits.HeaderBytes)
            {
                // Statistics with long texts make long headers.
            }
        }
    }

    ReadOnlyMemory<byte> ReadPage(PageInfo info, long start)
    {
        var page = info.Type == PageType.Dictionary ? _dictionary : _data;
        if (_codec == Codec.Uncompressed || !info.IsCompressed)
        {
            if (info.Size != info.StoredSize)
                throw new DecodeFault($"an uncompressed page of {info.Size} bytes in {info.StoredSize}", "the same number");
            page.Reserve(info.Size);
            source.Read(start, page.Bytes.AsSpan(0, info.Size));
            return page.Bytes.AsMemory(0, info.Size);
        }

        _stored.Reserve(info.StoredSize);
        source.Read(start, _stored.Bytes.AsSpan(0, info.StoredSize));
        page.Reserve(info.LevelBytes);
        _stored.Bytes.AsSpan(0, info.LevelBytes).CopyTo(page.Bytes);
        if (info.Size > info.LevelBytes)
        {
            Codecs.Decompress(
                _codec, _stored.Bytes, info.LevelBytes, info.StoredSize - info.LevelBytes, page, info.LevelBytes, info.Size - info.LevelBytes);
        }

        return page.Bytes.AsMemory(0, info.Size);
    }
}
