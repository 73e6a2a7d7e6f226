namespace HeadScope.ModelCore.Frames.Parquet;

/// <summary>
/// What the footer says of a column's values in a row group. A bound is PLAIN-encoded, a string's without its length; it is null
/// where it would be useless or wrong.
/// </summary>
/// <param name="Minimum">No value is below it. NaN does not count.</param>
/// <param name="Maximum">No value is above it.</param>
/// <param name="NanCount">Null where the type has no NaN.</param>
internal sealed record ColumnStatistics(byte[]? Minimum, byte[]? Maximum, long? NanCount = null);

/// <summary>Where one column of one row group lies in the file. Offsets and sizes are in bytes; sizes include page headers.</summary>
/// <param name="Offset">Of the first page, whichever that is.</param>
/// <param name="DataOffset">Of the first data page: beyond <paramref name="Offset"/> exactly where there is a dictionary.</param>
internal sealed record ColumnChunk(long Offset, long DataOffset, long Size, int DataPages, ColumnStatistics Statistics)
{
    public bool HasDictionary => DataOffset > Offset;
}

internal sealed record RowGroup(int Rows, ColumnChunk[] Columns);
