namespace HeadScope.Data.Tokens.Shuffling;

/// <summary>
/// The order of rows after Hugging Face's <c>Dataset.shuffle(seed)</c>: <c>numpy.random.default_rng(seed).permutation(rows)</c>,
/// the same in every version of numpy that has it (1.17 on).
/// </summary>
public static class NumpyPermutation
{
    /// <returns>0 to <paramref name="count"/> - 1: place i of the shuffled rows holds the row that was at place <c>result[i]</c>.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The count is negative.</exception>
    public static int[] Of(int count, ulong seed)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        var order = new int[count];
        for (var i = 0; i < count; i++)
            order[i] = i;
        var random = new Pcg64(seed);
        for (var i = count - 1; i > 0; i--)
        {
            var j = random.NextUpTo((uint)i);
            (order[i], order[j]) = (order[j], order[i]);
        }

        return order;
    }
}
