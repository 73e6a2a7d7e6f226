using HeadScope.ModelCore.Compute;

namespace HeadScope.ModelCore.Scoring;

/// <summary>What is known of positions from the tokens alone.</summary>
internal static class TokenMasks
{
    /// <summary>The token that each position should predict, [batch * position]; -1 at the end of a sequence.</summary>
    public static int[] Targets(ReadOnlySpan<int> tokens, BatchShape batch)
    {
        var targets = new int[tokens.Length];
        for (var i = 0; i < targets.Length; i++)
            targets[i] = (i + 1) % batch.Context == 0 ? -1 : tokens[i + 1];
        return targets;
    }

    /// <summary>Fills the counts of copies and the induction mask.</summary>
    public static void Fill(ReadOnlySpan<int> tokens, BatchShape batch, CopySources copies, TokenScores scores)
    {
        var seen = new HashSet<(int, int)>();
        var index = 0;
        for (var row = 0; row < batch.Rows; row++)
        {
            var sequence = tokens.Slice(row * batch.Context, batch.Context);
            seen.Clear();
            for (var p = 0; p + 1 < sequence.Length; p++, index++)
            {
                scores.NumCopies[index] = copies.Of(row * batch.Context + p).Length;
                scores.IsInduction[index] = !seen.Add((sequence[p], sequence[p + 1]));
            }
        }
    }
}
