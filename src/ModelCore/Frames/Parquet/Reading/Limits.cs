namespace HeadScope.ModelCore.Frames.Parquet.Reading;

/// <summary>How much a Parquet file may ask for: many times what writers make, and little enough to bound what a hostile file can do.</summary>
/// <remarks>
/// Together they bound memory: opening a file allocates its footer and at most 256 MiB more; reading holds one page
/// compressed, the same page and its chunk's dictionary decompressed, and the current value. A length in a file allocates
/// nothing beyond a first 64 KiB until the bytes it speaks of are there, or can be: what holds a decompressed page grows with
/// what comes out.
/// </remarks>
internal static class Limits
{
    /// <summary>Bytes of the footer. Those of datasets with thousands of row groups take some megabytes.</summary>
    public const int FooterBytes = 64 << 20;

    /// <summary>Columns of the schema, and groups of them.</summary>
    public const int Columns = 1 << 16;

    /// <summary>Columns of all row groups together. Datasets of text have some thousands.</summary>
    public const int Chunks = 1 << 21;

    /// <summary>Bytes of a page, compressed and decompressed. Writers aim at one megabyte and stop at the value that passes it.</summary>
    public const int PageBytes = 1 << 30;

    /// <summary>Bytes of a page's header, which may hold the smallest and the largest of its values.</summary>
    public const int HeaderBytes = 16 << 20;

    /// <summary>Values of a page: the most rows that any known writer puts into a whole row group.</summary>
    public const int PageValues = 1 << 26;

    /// <summary>UTF-8 bytes of one text: longer ones can be too long for a string.</summary>
    public const int TextBytes = 1 << 29;

    /// <summary>How deep fields that mean nothing here may be nested.</summary>
    public const int ThriftDepth = 32;

    /// <summary>How deep groups of columns may be nested.</summary>
    public const int SchemaDepth = 64;

    /// <summary>Values of a block of deltas. Writers put 128 to 2048 into one.</summary>
    public const int DeltaBlockValues = 1 << 16;
}
