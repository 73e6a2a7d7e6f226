namespace HeadScope.ModelCore.Frames.Parquet.Reading;

/// <summary>Memory for one page after another: as large as the largest so far.</summary>
internal sealed class PageBuffer
{
    const int FirstBytes = 1 << 16;

    public byte[] Bytes { get; private set; } = [];

    /// <summary>Makes room for a page whose size is known to be true.</summary>
    /// <param name="size">Bytes.</param>
    /// <param name="keep">How many of the bytes stay.</param>
    public void Reserve(int size, int keep = 0)
    {
        if (size <= Bytes.Length)
            return;
        var larger = new byte[size];
        Bytes.AsSpan(0, keep).CopyTo(larger);
        Bytes = larger;
    }

    /// <summary>Makes room for at least one byte more than are there, where <paramref name="end"/> allows.</summary>
    /// <param name="filled">Bytes that are there, and stay.</param>
    /// <param name="end">Bytes that there are said to be in the end.</param>
    public void Grow(int filled, int end)
    {
        if (filled == Bytes.Length)
            Reserve((int)Math.Min(end, Math.Max(FirstBytes, 2L * filled)), filled);
    }
}
