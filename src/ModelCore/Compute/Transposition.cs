namespace HeadScope.ModelCore.Compute;

/// <summary>The transpose of a row-major matrix.</summary>
public static class Transposition
{
    /// <summary>destination[j, i] = source[i, j], in blocks that fit the cache.</summary>
    public static void Into(ReadOnlySpan<float> source, int rows, int columns, Span<float> destination)
    {
        const int Block = 32;
        for (var i0 = 0; i0 < rows; i0 += Block)
        {
            for (var j0 = 0; j0 < columns; j0 += Block)
            {
                for (var i = i0; i < Math.Min(rows, i0 + Block); i++)
                {
                    for (var j = j0; j < Math.Min(columns, j0 + Block); j++)
                        destination[j * rows + i] = source[i * columns + j];
                }
            }
        }
    }
}
