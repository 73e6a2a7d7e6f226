using System.Numerics;
using System.Runtime.CompilerServices;

namespace HeadScope.Data.Tokens;

/// <summary>
/// What each pair of neighbouring tokens merges into: an open-addressing table from (left, right) to a packed merge.
/// </summary>
/// <remarks>
/// A packed merge holds the rank in its upper half and the new token in its lower, so that the least of several is the
/// one to make first.
/// </remarks>
internal sealed class MergeTable
{
    /// <summary>The pair does not merge. Greater than every packed merge.</summary>
    public const long None = long.MaxValue;

    const ulong Vacant = ulong.MaxValue;

    readonly Slot[] _slots;
    readonly int[] _results;
    readonly int _shift;

    // A random odd factor: a vocabulary cannot be written so that its pairs collide.
    readonly ulong _factor = (ulong)Random.Shared.NextInt64() << 1 | 1;

    /// <param name="merges">In order of rank. Of two for the same pair, the later holds.</param>
    public MergeTable(IReadOnlyList<Merge> merges)
    {
        var size = BitOperations.RoundUpToPowerOf2((uint)Math.Max(2, merges.Count * 2));
        _shift = 64 - BitOperations.Log2(size);
        _slots = new Slot[size];
        Array.Fill(_slots, new Slot { Pair = Vacant, Merge = None });
        _results = [.. merges.Select(merge => merge.Result)];
        for (var rank = 0; rank < merges.Count; rank++)
        {
            var merge = merges[rank];
            ref var slot = ref Find(Pack(merge.Left, merge.Right));
            slot.Pair = Pack(merge.Left, merge.Right);
            slot.Merge = (long)Pack(rank, merge.Result);
        }
    }

    /// <summary>The packed merge of a pair, or <see cref="None"/>.</summary>
    public long this[int left, int right]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Find(Pack(left, right)).Merge;
    }

    public int Count => _results.Length;

    /// <summary>The token that the merge of a rank makes.</summary>
    public int ResultOf(int rank) => _results[rank];

    public static int RankOf(long merge) => (int)(merge >> 32);

    public static int ResultOf(long merge) => (int)merge;

    ref Slot Find(ulong pair)
    {
        var slots = _slots;
        var at = (int)(pair * _factor >> _shift);
        while (slots[at].Pair != pair && slots[at].Pair != Vacant)
            at = (at + 1) & (slots.Length - 1);
        return ref slots[at];
    }

    static ulong Pack(int high, int low) => (ulong)(uint)high << 32 | (uint)low;

    struct Slot
    {
        public ulong Pair;
        public long Merge;
    }
}
