namespace HeadScope.ModelCore.Frames.Parquet.Reading;

/// <summary>The values of one flat column, from the first row on.</summary>
internal sealed class ColumnReader<T>(ByteSource source, FileMetadata metadata, int column, ValueFormat<T> format)
{
    readonly ColumnSchema _schema = metadata.Columns[column];
    readonly PageReader _pages = new(source);
    ValueTable<T>? _table;
    ValueDecoder<T>? _values;
    int _group = -1;
    long _leftInGroup;
    int _leftInPage;
    int _present; // of those, how many have values before the first row that has none
    long _row;

    /// <returns>False behind the last row.</returns>
    /// <exception cref="InvalidDataException">The file is damaged, or the row has no value. Reading cannot go on.</exception>
    public bool TryNext(out T value)
    {
        try
        {
            while (_leftInPage == 0)
            {
                if (_leftInGroup > 0)
                {
                    NextPage();
                }
                else if (!NextGroup())
                {
                    value = default!;
                    return false;
                }
            }

            if (_present == 0)
                throw new DecodeFault("no value (null)", "a value in every row", "Leave such rows out: in pandas, dropna().");
            value = _values!.Next();
            _present--;
            _leftInPage--;
            _leftInGroup--;
            _row++;
            return true;
        }
        catch (DecodeFault fault)
        {
            throw fault.At(source.Name, $"row group {_group}, column {Fault.Quote(_schema.Name)}, row {_row}");
        }
    }

    bool NextGroup()
    {
        if (_group == metadata.Groups.Count - 1)
            return false;
        _group++;
        _table = null;
        var group = metadata.Groups[_group];
        var chunk = group.Chunks[column];
        if (group.Rows == 0)
            return true;
        if (chunk.Type != _schema.Type || chunk.Values != group.Rows)
            throw new DecodeFault($"{chunk.Values} values of type {chunk.Type}", $"{group.Rows} of type {_schema.Type}");
        _pages.Start(chunk);
        _leftInGroup = group.Rows;
        return true;
    }

    void NextPage()
    {
        var (info, page) = _pages.Next();
        if (info.Type == PageType.Dictionary)
        {
            if (_table is not null || info.Encoding is not (PageEncoding.Plain or PageEncoding.PlainDictionary))
                throw new DecodeFault($"{(_table is null ? "a" : "a second")} dictionary, in the encoding {info.Encoding}", "one, in plain encoding");
            _table = format.ReadTable(page, info.Values);
            return;
        }

        if (info.Values > _leftInGroup)
            throw new DecodeFault($"a page of {info.Values} rows where {_leftInGroup} are left", "no more than those");
        if (info.Values == 0)
            return;
        _leftInPage = info.Values;
        var (first, all) = (info.Values, info.Values);
        if (_schema.Optional)
            (first, all) = LevelReader.CountPresent(TakeLevels(info, ref page), info.Values);
        else
            page = page[info.LevelBytes..];
        _present = first;
        if (first > 0)
            _values = Open(info.Encoding, page, all);
    }

    static ReadOnlyMemory<byte> TakeLevels(PageInfo info, ref ReadOnlyMemory<byte> page)
    {
        if (info.Type == PageType.Data)
        {
            return info.LevelEncoding == PageEncoding.Rle
                ? LevelReader.TakeRuns(ref page)
                : throw new DecodeFault(
                    $"levels in the encoding {info.LevelEncoding}", "runs (RLE)", "Write the file again: the format no longer has such levels.");
        }

        var levels = page[info.RepetitionBytes..info.LevelBytes];
        page = page[info.LevelBytes..];
        return levels;
    }

    ValueDecoder<T> Open(PageEncoding encoding, ReadOnlyMemory<byte> values, int count)
    {
        if (encoding is PageEncoding.RleDictionary or PageEncoding.PlainDictionary)
            return IndexDecoder<T>.Open(_table ?? throw new DecodeFault("dictionary indices without a dictionary", "the dictionary first"), values);
        return format.Open(encoding, values, count) ?? throw new DecodeFault(
            $"the encoding {encoding}", $"one that {format.Type} values have", "Write the file again without a special encoding for this column.");
    }
}
