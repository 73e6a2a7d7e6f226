namespace HeadScope.Data.Frames;

/// <summary>What a column of a frame holds. No type has a missing value; NaN is a value.</summary>
public enum ColumnType
{
    Int32,
    Int64,

    /// <summary>IEEE 754 binary32.</summary>
    Float,

    /// <summary>IEEE 754 binary64.</summary>
    Double,
    Boolean,

    /// <summary>Text, stored as UTF-8.</summary>
    String,
}

/// <summary>The name and type of one column.</summary>
public sealed record ColumnSpec(string Name, ColumnType Type);
