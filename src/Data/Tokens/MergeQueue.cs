using System.Numerics;

namespace HeadScope.Data.Tokens;

/// <summary>
/// Merges to try in one word, in the order in which they are made: by rank, then by place. Used by one thread.
/// </summary>
/// <remarks>
/// A bucket for each rank. A learned vocabulary makes a token before it merges that token further, so merges come in with
/// ranks above the current one and each bucket is visited once. A vocabulary may be written otherwise: merges that
/// come in late wait in a heap, which keeps the order at a logarithm's cost.
/// </remarks>
internal sealed class MergeQueue
{
    /// <summary>Buckets that held more than this many merges altogether are not kept for the next word.</summary>
    const int WorthKeeping = 1 << 17;

    readonly List<int>?[] _buckets;

    // One bit for each rank that has merges waiting.
    readonly ulong[] _occupied;

    readonly PriorityQueue<int, long> _late = new();

    // The bucket being emptied; before the first and after the last, one that stays empty.
    readonly List<int> _noBucket = [];
    List<int> _current;
    int _rank = -1;
    int _taken;
    int _added;

    public MergeQueue(int ranks)
    {
        _buckets = new List<int>?[ranks];
        _occupied = new ulong[(ranks + 63) / 64];
        _current = _noBucket;
    }

    public void Add(int rank, int place)
    {
        if (rank <= _rank)
        {
            _late.Enqueue(place, Order(rank, place));
            return;
        }

        (_buckets[rank] ??= []).Add(place);
        _occupied[rank / 64] |= 1UL << rank;
        _added++;
    }

    /// <summary>The next merge to try; false, and the queue as new, when none is left.</summary>
    public bool TryTake(out int rank, out int place)
    {
        while (true)
        {
            var next = _taken < _current.Count ? Order(_rank, _current[_taken]) : long.MaxValue;
            if (_late.TryPeek(out place, out var order) && order < next)
            {
                rank = (int)(order >> 32);
                _late.Dequeue();
                return true;
            }

            if (_taken < _current.Count)
            {
                (rank, place) = (_rank, _current[_taken++]);
                return true;
            }

            if (!NextBucket())
            {
                (rank, place) = (-1, -1);
                return false;
            }
        }
    }

    bool NextBucket()
    {
        _current.Clear();
        _taken = 0;
        var word = (_rank + 1) / 64;
        while (word < _occupied.Length && _occupied[word] == 0)
            word++;
        if (word == _occupied.Length)
        {
            _rank = -1;
            _current = _noBucket;
            if (_added > WorthKeeping)
                Array.Clear(_buckets);
            _added = 0;
            return false;
        }

        _rank = word * 64 + BitOperations.TrailingZeroCount(_occupied[word]);
        _occupied[word] &= _occupied[word] - 1;
        _current = _buckets[_rank]!;
        if (!IsAscending(_current))
            _current.Sort();
        return true;
    }

    static bool IsAscending(List<int> places)
    {
        for (var i = 1; i < places.Count; i++)
        {
            if (places[i] < places[i - 1])
                return false;
        }

        return true;
    }

    static long Order(int rank, int place) => (long)rank << 32 | (uint)place;
}
