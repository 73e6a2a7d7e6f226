using System.Numerics;

namespace HeadScope.ModelCore.Frames.Parquet;

/// <summary>
/// The distinct integers of a column chunk, in a hash table with linear probing. Multiplying by 2^64 divided by the golden ratio
/// and keeping the highest bits spreads runs of neighbouring integers, which is what ids and positions are (Knuth, The Art of
/// Computer Programming, volume 3, section 6.4).
/// </summary>
internal sealed class IntegerDictionary<T> : ValueDictionary<T>
    where T : unmanaged, IBinaryInteger<T>
{
    const int FirstSlotBits = 10;
    const ulong Multiplier = 0x9E3779B97F4A7C15;

    static readonly unsafe int MaxEntries = MaxBytes / sizeof(T);

    // Entry number plus one; 0 is free. At least twice as many as there are entries.
    int[] _slots = new int[1 << FirstSlotBits];
    T[] _entries = new T[1 << (FirstSlotBits - 1)];
    int _slotBits = FirstSlotBits;
    int _count;

    public override ReadOnlySpan<T> Entries => _entries.AsSpan(0, _count);

    public override unsafe int PlainSize => _count * sizeof(T);

    public override void Clear()
    {
        // Back to a small table: the next column may have three values, and clearing costs what it covers.
        _slotBits = FirstSlotBits;
        _count = 0;
        _slots.AsSpan(0, 1 << _slotBits).Clear();
    }

    public override bool TryIndex(ReadOnlySpan<T> values, Span<int> indices)
    {
        var previous = T.Zero;
        var index = -1;
        for (var i = 0; i < values.Length; i++)
        {
            var value = values[i];
            if (value != previous || index < 0)
            {
                index = Find(value);
                if (index < 0)
                    return false;
                previous = value;
            }

            indices[i] = index;
        }

        return true;
    }

    int Find(T value)
    {
        var slots = _slots;
        var entries = _entries;
        var mask = (1 << _slotBits) - 1;
        for (var slot = SlotOf(value); ; slot = slot + 1 & mask)
        {
            var entry = slots[slot] - 1;
            if (entry < 0)
                return Add(value, slot);
            if (entries[entry] == value)
                return entry;
        }
    }

    int Add(T value, int slot)
    {
        if (_count == MaxEntries)
            return -1;
        _entries[_count] = value;
        _slots[slot] = ++_count;
        if (2 * _count == 1 << _slotBits)
            Grow();
        return _count - 1;
    }

    void Grow()
    {
        _slotBits++;
        var size = 1 << _slotBits;
        if (_slots.Length < size)
        {
            _slots = new int[size];
            Array.Resize(ref _entries, size / 2);
        }

        _slots.AsSpan(0, size).Clear();
        for (var entry = 0; entry < _count; entry++)
        {
            var slot = SlotOf(_entries[entry]);
            while (_slots[slot] != 0)
                slot = slot + 1 & size - 1;
            _slots[slot] = entry + 1;
        }
    }

    int SlotOf(T value) => (int)(ulong.CreateTruncating(value) * Multiplier >> 64 - _slotBits);
}
