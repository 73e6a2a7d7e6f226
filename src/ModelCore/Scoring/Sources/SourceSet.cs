using HeadScope.ModelCore.Compute;

namespace HeadScope.ModelCore.Scoring.Sources;

/// <summary>
/// For each predicted position p of a sequence a set S(p) of positions in 0 .. p that the tokens alone determine. Each class that derives
/// from this, with a constructor without parameters, gives three scores: <see cref="Scores.SourceAttention"/>,
/// <see cref="Scores.SourceContribution"/> and <see cref="Scores.SourceRatio"/>. Nothing else names it.
/// </summary>
public abstract class SourceSet
{
    /// <summary>The name that scores start with, in lower case.</summary>
    public abstract string Name { get; }

    /// <summary>S(p), in a line: t is the token to predict, tokens[p + 1].</summary>
    public abstract string Definition { get; }

    /// <summary>What heads that attend to it are known as, and where that is described.</summary>
    public abstract string KnownAs { get; }

    /// <summary>The ratio's name. The default is the set's, and <c>_ratio</c>.</summary>
    public virtual string RatioName => $"{Name}_ratio";

    /// <summary>The head frame's name of the ratio over positions that induction does not explain.</summary>
    public virtual string RatioNoInductionName => $"{RatioName}_no_ind";

    /// <summary>Adds S(p) to <paramref name="sources"/>, ascending.</summary>
    /// <param name="tokens">The whole sequence.</param>
    /// <param name="position">p, less than the last position.</param>
    public abstract void Find(ReadOnlySpan<int> tokens, int position, List<int> sources);

    /// <summary>The set of every position of a batch; the last position of a sequence predicts nothing and has none.</summary>
    /// <param name="tokens">[batch * position].</param>
    public SourceLists ListsOf(ReadOnlySpan<int> tokens, BatchShape batch)
    {
        var offsets = new int[batch.Positions + 1];
        var sources = new List<int>(batch.Positions * 4);
        for (var index = 0; index < batch.Positions; index++)
        {
            var (sequence, position) = Math.DivRem(index, batch.Context);
            if (position + 1 < batch.Context)
                Find(tokens.Slice(sequence * batch.Context, batch.Context), position, sources);
            offsets[index + 1] = sources.Count;
        }

        return new SourceLists(batch, offsets, [.. sources]);
    }

    /// <summary>Adds <paramref name="shift"/> to each position where <paramref name="tokens"/> holds <paramref name="token"/>.</summary>
    protected static void AddMatches(ReadOnlySpan<int> tokens, int token, List<int> sources, int shift = 0)
    {
        for (var from = 0; ;)
        {
            var next = tokens[from..].IndexOf(token);
            if (next < 0)
                return;
            sources.Add(from + next + shift);
            from += next + 1;
        }
    }
}
