using System.Buffers.Binary;

namespace HeadScope.ModelCore.Frames.Parquet.Reading;

/// <summary>The levels in front of a flat, optional column's values: 1 where a row has a value, 0 where it has none.</summary>
internal static class LevelReader
{
    /// <summary>Cuts off runs that are preceded by their length in four bytes.</summary>
    public static ReadOnlyMemory<byte> TakeRuns(ref ReadOnlyMemory<byte> page)
    {
        if (page.Length < sizeof(int))
            throw DecodeFault.Ends("a length");
        var length = BinaryPrimitives.ReadInt32LittleEndian(page.Span);
        if (length < 0 || length > page.Length - sizeof(int))
            throw new DecodeFault($"{length} bytes of runs in {page.Length - sizeof(int)}", "as many as there are");
        var runs = page.Slice(sizeof(int), length);
        page = page[(sizeof(int) + length)..];
        return runs;
    }

    /// <summary>Counts the rows of a page that have a value.</summary>
    /// <returns>How many there are before the first that has none, and in all.</returns>
    public static (int First, int All) CountPresent(ReadOnlyMemory<byte> levels, int rows)
    {
        var decoder = new HybridDecoder(levels, 1);
        var first = decoder.CountEqual(1, rows);
        var all = first;
        for (var row = first + 1; row < rows; row++)
            all += (int)decoder.Next();
        return (first, all);
    }
}
