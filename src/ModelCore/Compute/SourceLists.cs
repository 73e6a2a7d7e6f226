namespace HeadScope.ModelCore.Compute;

/// <summary>
/// For each position of a batch, a set of sources at or before it: a sparse boolean [batch, dest, src] in compressed rows.
/// </summary>
public sealed class SourceLists
{
    readonly int[] _offsets;
    readonly int[] _sources;

    /// <param name="offsets">[batch * position + 1]: where each position's sources start; the last is their number.</param>
    /// <param name="sources">Positions within their sequence, ascending for each destination.</param>
    public SourceLists(BatchShape batch, int[] offsets, int[] sources)
    {
        if (offsets.Length != batch.Positions + 1 || offsets[^1] != sources.Length)
            throw new ArgumentException(
                $"{batch.Positions} positions and {sources.Length} sources do not fit {offsets.Length} offsets.", nameof(offsets));
        (Batch, _offsets, _sources) = (batch, offsets, sources);
    }

    public BatchShape Batch { get; }

    /// <summary>How many (destination, source) pairs there are in all.</summary>
    public int Count => _sources.Length;

    /// <summary>
    /// The sources, ascending, of activation row <paramref name="position"/>; a sequence's last position predicts nothing and has none.
    /// </summary>
    public ReadOnlySpan<int> Of(int position) => _sources.AsSpan(_offsets[position].._offsets[position + 1]);

    /// <summary>How many sources activation row <paramref name="position"/> has.</summary>
    public int CountOf(int position) => _offsets[position + 1] - _offsets[position];

    /// <summary>How many pairs the first <paramref name="sequences"/> sequences have.</summary>
    public int CountBefore(int sequences) => _offsets[sequences * Batch.Context];
}
