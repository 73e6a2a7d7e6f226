namespace HeadScope.Data.Frames;

/// <summary>How a Parquet file is cut and what its footer says about it.</summary>
public sealed record ParquetOptions
{
    /// <summary>
    /// 1,048,576: a row of six 4-byte columns makes groups of 24 MiB, which a writer holds in memory and a reader takes as one
    /// unit of parallel work, and a vocabulary's dictionary is small beside its tokens.
    /// </summary>
    public const int DefaultRowsPerGroup = 1 << 20;

    const int MaxRowsPerGroup = 1 << 28;

    /// <summary>
    /// Who wrote the file, in the form <c>application version 1.2.3 (build hash)</c> that readers parse. Given by the caller, so
    /// that the same rows make the same bytes.
    /// </summary>
    public required string CreatedBy { get; init; }

    /// <summary>Rows in every row group but the last. The default value is <see cref="DefaultRowsPerGroup"/>; from 1 to 2^28.</summary>
    public int RowsPerGroup { get; init; } = DefaultRowsPerGroup;

    /// <summary>Key-value pairs for the footer, written in this order. The default value is none.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Metadata { get; init; } = [];

    internal void Check()
    {
        ArgumentNullException.ThrowIfNull(CreatedBy);
        if (RowsPerGroup is < 1 or > MaxRowsPerGroup)
            throw new ArgumentOutOfRangeException(
                nameof(RowsPerGroup), RowsPerGroup, $"{nameof(RowsPerGroup)} is between 1 and {MaxRowsPerGroup}.");
    }
}
