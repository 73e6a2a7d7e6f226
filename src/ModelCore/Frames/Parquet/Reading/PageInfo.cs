namespace HeadScope.ModelCore.Frames.Parquet.Reading;

/// <summary>What <c>PageHeader</c> of parquet.thrift says of a page; its numbers are within <see cref="Limits"/>.</summary>
/// <param name="Size">Bytes of the page behind its header, decompressed.</param>
/// <param name="StoredSize">Bytes of the page behind its header, as they are in the file.</param>
/// <param name="Values">Rows of a data page, entries of a dictionary.</param>
/// <param name="LevelBytes">Bytes of levels in front of a second-version page's values, which are never compressed.</param>
/// <param name="RepetitionBytes">How many of them are repetition levels, which come first.</param>
internal readonly record struct PageInfo(
    PageType Type, int Size, int StoredSize, int Values, PageEncoding Encoding, PageEncoding LevelEncoding, int LevelBytes,
    int RepetitionBytes, bool IsCompressed)
{
    /// <exception cref="DecodeFault">The bytes are no header, or it asks for more than is allowed.</exception>
    public static PageInfo Read(ref ThriftCompactReader thrift)
    {
        var page = new PageInfo((PageType)(-1), -1, -1, 0, default, PageEncoding.Rle, 0, 0, true);
        PageType? described = null;
        for (var field = default(ThriftField); thrift.Next(ref field);)
        {
            switch (field.Id)
            {
                case 1:
                    page = page with { Type = (PageType)thrift.I32(field) };
                    break;
                case 2:
                    page = page with { Size = thrift.I32(field) };
                    break;
                case 3:
                    page = page with { StoredSize = thrift.I32(field) };
                    break;
                case 5 or 7:
                    described = field.Id == 5 ? PageType.Data : PageType.Dictionary;
                    thrift.Struct(field);
                    page = ReadFirstVersion(ref thrift, page);
                    break;
                case 8:
                    described = PageType.DataV2;
                    thrift.Struct(field);
                    page = ReadSecondVersion(ref thrift, page);
                    break;
                default:
                    thrift.Skip(field);
                    break;
            }
        }

        page.Check(described);
        return page;
    }

    /// <summary>Data and dictionary pages number their fields alike.</summary>
    static PageInfo ReadFirstVersion(ref ThriftCompactReader thrift, PageInfo page)
    {
        for (var field = default(ThriftField); thrift.Next(ref field);)
        {
            if (field.Id == 1)
                page = page with { Values = thrift.I32(field) };
            else if (field.Id == 2)
                page = page with { Encoding = (PageEncoding)thrift.I32(field) };
            else if (field is { Id: 3, Type: ThriftType.I32 })
                page = page with { LevelEncoding = (PageEncoding)thrift.I32(field) };
            else
                thrift.Skip(field);
        }

        return page;
    }

    static PageInfo ReadSecondVersion(ref ThriftCompactReader thrift, PageInfo page)
    {
        int definitionBytes = 0, repetitionBytes = 0;
        for (var field = default(ThriftField); thrift.Next(ref field);)
        {
            switch (field.Id)
            {
                case 1:
                    page = page with { Values = thrift.I32(field) };
                    break;
                case 4:
                    page = page with { Encoding = (PageEncoding)thrift.I32(field) };
                    break;
                case 5:
                    definitionBytes = thrift.I32(field);
                    break;
                case 6:
                    repetitionBytes = thrift.I32(field);
                    break;
                case 7:
                    page = page with { IsCompressed = thrift.Bool(field) };
                    break;
                default:
                    thrift.Skip(field);
                    break;
            }
        }

        if (definitionBytes < 0 || repetitionBytes < 0 || (long)definitionBytes + repetitionBytes > Limits.PageBytes)
            throw new DecodeFault($"{repetitionBytes} and {definitionBytes} bytes of levels", "sizes within the page");
        return page with { LevelBytes = definitionBytes + repetitionBytes, RepetitionBytes = repetitionBytes };
    }

    void Check(PageType? described)
    {
        if (Type != PageType.Index && Type != described)
            throw new DecodeFault($"a page of type {Type} with the header of {described?.ToString() ?? "none"}", "a data page or a dictionary");
        if (Size is < 0 or > Limits.PageBytes || StoredSize is < 0 or > Limits.PageBytes)
            throw new DecodeFault($"a page of {Size} bytes in {StoredSize}", $"from 0 to {Limits.PageBytes}");
        if (Values is < 0 or > Limits.PageValues)
            throw new DecodeFault($"a page of {Values} values", $"from 0 to {Limits.PageValues}");
        if (LevelBytes > Size || LevelBytes > StoredSize)
            throw new DecodeFault($"{LevelBytes} bytes of levels in a page of {Size}, stored in {StoredSize}", "fewer");
    }
}
