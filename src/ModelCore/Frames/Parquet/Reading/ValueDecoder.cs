namespace HeadScope.ModelCore.Frames.Parquet.Reading;

/// <summary>The values of one page, one after another.</summary>
internal abstract class ValueDecoder<T>
{
    /// <exception cref="DecodeFault">The page ends before the value does, or the value is damaged.</exception>
    public abstract T Next();
}

/// <summary>The values of a dictionary page, by index.</summary>
internal abstract class ValueTable<T>(int count)
{
    public int Count { get; } = count;

    public abstract T At(int index);
}

/// <summary>How the values of one type are read from pages: what <see cref="ValueLayout{T}"/> is to writing them.</summary>
internal abstract class ValueFormat<T>
{
    public abstract ColumnType Type { get; }

    /// <param name="page">Belongs to the table from here on.</param>
    /// <param name="count">Values that the page's header announces.</param>
    /// <exception cref="DecodeFault">There are fewer.</exception>
    public abstract ValueTable<T> ReadTable(ReadOnlyMemory<byte> page, int count);

    /// <summary>A decoder for an encoding without dictionary; null where this type has no such encoding.</summary>
    /// <param name="encoding">Of the page.</param>
    /// <param name="values">The page from its first value on.</param>
    /// <param name="count">How many values there are.</param>
    public abstract ValueDecoder<T>? Open(PageEncoding encoding, ReadOnlyMemory<byte> values, int count);
}

/// <summary>Values that are indices into the chunk's dictionary.</summary>
internal sealed class IndexDecoder<T>(ValueTable<T> table, HybridDecoder indices) : ValueDecoder<T>
{
    /// <param name="table">The chunk's dictionary.</param>
    /// <param name="values">A byte that is the indices' width, and the indices.</param>
    public static IndexDecoder<T> Open(ValueTable<T> table, ReadOnlyMemory<byte> values)
    {
        if (values.IsEmpty)
            throw DecodeFault.Ends("dictionary indices");
        var width = values.Span[0];
        return width <= 32
            ? new IndexDecoder<T>(table, new HybridDecoder(values[1..], width))
            : throw new DecodeFault($"dictionary indices of {width} bits", "at most 32");
    }

    public override T Next()
    {
        var index = indices.Next();
        return index < (uint)table.Count
            ? table.At((int)index)
            : throw new DecodeFault($"the dictionary index {index}", $"one below {table.Count}");
    }
}
