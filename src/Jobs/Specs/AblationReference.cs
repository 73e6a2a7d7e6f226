namespace HeadScope.Jobs.Specs;

/// <summary>What ablations put in a head's place: it follows from a seed, so that every worker takes the same.</summary>
/// <param name="Seed">What rows are chosen by.</param>
/// <param name="Rows">How many rows the job has.</param>
public sealed record AblationReference(long Seed, int Rows)
{
    /// <summary>Rows over which a mean is taken, at the most.</summary>
    public const int MostMeanRows = 256;

    /// <summary>
    /// The row whose activations another's are replaced by: a fixed distance further on, and around at the end. With seed 0 the next.
    /// </summary>
    public int OtherRow(int row) => Rows == 1 ? row : (int)(((ulong)row + 1 + (ulong)Seed % (ulong)(Rows - 1)) % (ulong)Rows);

    /// <summary>The rows over which means are taken, ascending: all, where they are few.</summary>
    public IReadOnlyList<int> MeanRows()
    {
        if (Rows <= MostMeanRows)
            return [.. Enumerable.Range(0, Rows)];
        var random = new Random(unchecked((int)Seed ^ (int)(Seed >> 32)));
        var chosen = new HashSet<int>();
        while (chosen.Count < MostMeanRows)
            chosen.Add(random.Next(Rows));
        return [.. chosen.Order()];
    }
}
