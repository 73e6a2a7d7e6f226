namespace HeadScope.Data.Tokens.Shuffling;

/// <summary>
/// Rows of a token file in another order, a block of them at a time: memory holds the order, four bytes a row, and one block, 32 MiB
/// unless told otherwise.
/// </summary>
internal static class RowShuffle
{
    const int DefaultBlockTokens = 8 << 20;

    /// <summary>Appends the source's rows in the order given. Each block's are read in the order in which the source has them.</summary>
    public static void Copy(
        TokenDataset source, ReadOnlySpan<int> order, TokenFileWriter target, int blockTokens = DefaultBlockTokens,
        CancellationToken cancellation = default)
    {
        var context = source.Context;
        var block = new int[Math.Min(order.Length, Math.Max(1, blockTokens / context)) * context];
        for (var first = 0; first < order.Length; first += block.Length / context)
        {
            cancellation.ThrowIfCancellationRequested();
            var rows = order.Slice(first, Math.Min(block.Length / context, order.Length - first)).ToArray();
            var places = new int[rows.Length];
            for (var i = 0; i < places.Length; i++)
                places[i] = i;
            Array.Sort(rows, places);
            for (var i = 0; i < rows.Length; i++)
                source.Read(rows[i], block.AsSpan(places[i] * context, context));
            target.Append(block.AsSpan(0, rows.Length * context));
        }
    }
}
