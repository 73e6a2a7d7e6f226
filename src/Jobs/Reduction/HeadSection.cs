using System.Runtime.InteropServices;
using HeadScope.Jobs.Shards;
using HeadScope.ModelCore.Scoring;

namespace HeadScope.Jobs.Reduction;

/// <summary>A head's section of a shard's scores, taken apart.</summary>
public readonly ref struct HeadSection(ReadOnlySpan<byte> section, ShardRecord record, ScoreSelection selection)
{
    readonly ReadOnlySpan<float> _values = MemoryMarshal.Cast<byte, float>(section);
    readonly ShardScoresFile.Layout _layout = new(selection, record.Positions, record.WithSources);

    /// <summary>A stored score: [position] or, where it is 0 without sources, [position with sources].</summary>
    public ReadOnlySpan<float> this[StoredScore score] => _values[_layout.Values(selection.IndexOfStored(score))];
}
