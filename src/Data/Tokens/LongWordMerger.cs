using System.Runtime.InteropServices;

namespace HeadScope.Data.Tokens;

/// <summary>
/// Merges words of any length in time that grows as the length does: the tokens are a linked list, the merges a <see cref="MergeQueue"/>.
/// Used by one thread.
/// </summary>
internal sealed class LongWordMerger(MergeTable merges)
{
    const int End = -1;
    const int NoMerge = -1;

    readonly MergeQueue _queue = new(merges.Count);
    readonly List<Node> _nodes = [];

    public long HeldBytes => (long)_nodes.Capacity * 4 * sizeof(int);

    /// <summary>Merges in place; returns how many tokens are left.</summary>
    public int Merge(Span<int> ids)
    {
        CollectionsMarshal.SetCount(_nodes, ids.Length);
        var nodes = CollectionsMarshal.AsSpan(_nodes);
        for (var i = 0; i < nodes.Length; i++)
            nodes[i] = new Node { Id = ids[i], Before = i - 1, After = i + 1 < nodes.Length ? i + 1 : End };
        for (var i = 0; i < nodes.Length; i++)
            Propose(nodes, i);
        while (_queue.TryTake(out var rank, out var at))
        {
            // An entry outlives its pair when a neighbour merges first.
            if (nodes[at].Rank == rank)
                Join(nodes, at, merges.ResultOf(rank));
        }

        var count = 0;
        for (var at = nodes.IsEmpty ? End : 0; at != End; at = nodes[at].After)
            ids[count++] = nodes[at].Id;
        return count;
    }

    void Join(Span<Node> nodes, int at, int result)
    {
        ref var left = ref nodes[at];
        ref var right = ref nodes[left.After];
        left.Id = result;
        left.After = right.After;
        right.Rank = NoMerge;
        if (left.After != End)
            nodes[left.After].Before = at;
        Propose(nodes, at);
        if (left.Before != End)
            Propose(nodes, left.Before);
    }

    /// <summary>Notes what a token and the next merge into.</summary>
    void Propose(Span<Node> nodes, int at)
    {
        ref var node = ref nodes[at];
        var merge = node.After == End ? MergeTable.None : merges[node.Id, nodes[node.After].Id];
        node.Rank = NoMerge;
        if (merge == MergeTable.None)
            return;
        node.Rank = MergeTable.RankOf(merge);
        _queue.Add(node.Rank, at);
    }

    /// <summary>A token, its neighbours' places, and the rank of its merge with the next.</summary>
    struct Node
    {
        public int Id;
        public int Before;
        public int After;
        public int Rank;
    }
}
