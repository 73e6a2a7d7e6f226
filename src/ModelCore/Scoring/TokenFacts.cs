using HeadScope.ModelCore.Compute;
using HeadScope.ModelCore.Scoring.Sources;

namespace HeadScope.ModelCore.Scoring;

/// <summary>What is known of positions from the tokens alone.</summary>
internal static class TokenFacts
{
    /// <summary>The token that each position should predict, [batch * position]; -1 at the end of a sequence.</summary>
    public static int[] Targets(ReadOnlySpan<int> tokens, BatchShape batch)
    {
        var targets = new int[tokens.Length];
        for (var i = 0; i < targets.Length; i++)
            targets[i] = (i + 1) % batch.Context == 0 ? -1 : tokens[i + 1];
        return targets;
    }

    /// <summary>Fills a table's targets, counts of copies, induction mask, and which sets have sources.</summary>
    public static void Fill(
        ReadOnlySpan<int> tokens, BatchShape batch, IReadOnlyDictionary<SourceSet, SourceLists> lists, ScoreTable table, int firstSequence)
    {
        var copies = lists[MoverSources.Instance];
        for (var i = 0; i < batch.Sequences; i++)
        {
            var sequence = tokens.Slice(i * batch.Context, batch.Context);
            var predicted = table.PositionsPerSequence;
            sequence[1..].CopyTo(table.TargetsOf(firstSequence + i));
            InductionMask.Fill(sequence, table.IsInductionOf(firstSequence + i)[..predicted]);
            for (var p = 0; p < predicted; p++)
                table.NumCopiesOf(firstSequence + i)[p] = copies.CountOf(i * batch.Context + p);
            foreach (var set in table.Sets)
            {
                for (var p = 0; p < predicted; p++)
                    table.HasSourcesOf(set, firstSequence + i)[p] = lists[set].CountOf(i * batch.Context + p) > 0;
            }
        }
    }
}
