namespace HeadScope.ModelCore.Scoring;

/// <summary>
/// Which predictions induction explains: is_induction at p holds where some j &lt; p has tokens[j] = tokens[p] and
/// tokens[j + 1] = tokens[p + 1] (seed notebook 002).
/// </summary>
public static class InductionMask
{
    /// <param name="tokens">One sequence.</param>
    /// <param name="mask">[position - 1].</param>
    public static void Fill(ReadOnlySpan<int> tokens, Span<bool> mask)
    {
        var seen = new HashSet<(int Token, int Next)>();
        for (var p = 0; p + 1 < tokens.Length; p++)
            mask[p] = !seen.Add((tokens[p], tokens[p + 1]));
    }
}
