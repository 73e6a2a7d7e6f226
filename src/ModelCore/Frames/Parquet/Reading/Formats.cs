namespace HeadScope.ModelCore.Frames.Parquet.Reading;

/// <summary>One format of each type.</summary>
internal static class Formats
{
    static readonly object[] All =
    [
        new TextFormat(), new BooleanFormat(), new NumberFormat<int>(ColumnType.Int32), new NumberFormat<long>(ColumnType.Int64),
        new NumberFormat<float>(ColumnType.Float), new NumberFormat<double>(ColumnType.Double),
    ];

    /// <exception cref="NotSupportedException">No column is read as this type.</exception>
    public static ValueFormat<T> For<T>() => All.OfType<ValueFormat<T>>().FirstOrDefault()
        ?? throw new NotSupportedException($"No Parquet column is read as {typeof(T).Name}; string, int, long, float, double and bool are.");
}
