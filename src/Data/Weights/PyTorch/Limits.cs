namespace HeadScope.Data.Weights.PyTorch;

/// <summary>
/// How much a checkpoint may ask for. Each limit is several times what the largest published state dicts need, and small
/// enough that a hostile file fails within seconds.
/// </summary>
/// <remarks>
/// Together they bound what opening a file allocates: 256 bytes for each byte of its pickle and of its zip directory, plus
/// 256 KiB, and never more than 512 MiB. Lengths in a file allocate nothing until as many bytes have been found in it.
/// </remarks>
internal static class Limits
{
    /// <summary>Bytes of pickle; in the legacy format, of all five together.</summary>
    public const int PickleBytes = 32 << 20;

    /// <summary>Instructions of the pickles of one file. A tensor takes about 40.</summary>
    public const int Operations = 4 << 20;

    /// <summary>Values that one pickle may keep for later.</summary>
    public const int MemoEntries = 1 << 20;

    /// <summary>Values on the unpickler's stack. Python writes containers in batches of 1000 items.</summary>
    public const int StackDepth = 1 << 16;

    /// <summary>Containers that may be under construction at the same time.</summary>
    public const int MarkDepth = 128;

    /// <summary>UTF-8 bytes of one string.</summary>
    public const int StringBytes = 1 << 20;

    /// <summary>Bytes of one integer.</summary>
    public const int IntegerBytes = 255;

    /// <summary>Characters of a global's module and of its name, and of a storage's key.</summary>
    public const int NameLength = 256;

    /// <summary>Tensors, and storages, of one checkpoint.</summary>
    public const int Tensors = 1 << 16;

    /// <summary>Axes of one tensor.</summary>
    public const int Axes = 16;

    /// <summary>
    /// Elements of all tensors together for each byte of the file. Views and tied weights count once for each name, and an
    /// expanded axis (stride 0) repeats what is stored once: without this limit a small file could describe more than memory holds.
    /// </summary>
    public const int ElementsPerFileByte = 16;

    /// <summary>How deep inside containers the state dict may lie.</summary>
    public const int SearchDepth = 3;

    /// <summary>Containers that are looked at in search of the state dict.</summary>
    public const int SearchedContainers = 1 << 16;

    /// <summary>Entries of a zip archive: the tensors' storages and a few more.</summary>
    public const int ZipEntries = Tensors + 1024;

    /// <summary>Bytes of a zip archive's directory.</summary>
    public const int ZipDirectoryBytes = 32 << 20;
}
