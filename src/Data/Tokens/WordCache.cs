using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace HeadScope.Data.Tokens;

/// <summary>
/// The tokens of words met before: a table of fixed size where a new word takes the place of the old one. Used by one thread.
/// </summary>
internal sealed class WordCache
{
    /// <summary>In UTF-16 code units. A word and its tokens fill one cache line.</summary>
    public const int MaxLength = 16;

    /// <summary>Words of more tokens are not kept.</summary>
    public const int MaxIds = 6;

    const int SlotBits = 14;

    readonly Entry[] _entries = new Entry[1 << SlotBits];

    /// <summary>The place of a word; it holds the word where <see cref="Entry.Holds"/> says so.</summary>
    public ref Entry this[Vector256<ushort> key]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            // One odd multiplier for each four letters; the upper bits of the sum depend on all of them.
            var words = key.AsUInt64();
            var hash = words[0] * 0x9E3779B97F4A7C15 + words[1] * 0xC2B2AE3D27D4EB4F
                + words[2] * 0x165667B19E3779F9 + words[3] * 0xD6E8FEB86659FD93;
            hash = (hash ^ hash >> 29) * 0xBF58476D1CE4E5B9;
            return ref _entries[hash >> (64 - SlotBits)];
        }
    }

    /// <summary>A word of at most <see cref="MaxLength"/> units, filled up with zeros.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<ushort> KeyOf(ReadOnlySpan<char> text, int start, int length)
    {
        ref var first = ref Unsafe.As<char, ushort>(ref MemoryMarshal.GetReference(text));
        if (start + MaxLength > text.Length)
            return KeyOfEnd(text.Slice(start, length));
        var inside = Vector256.LessThan(Vector256<ushort>.Indices, Vector256.Create((ushort)length));
        return Vector256.LoadUnsafe(ref first, (nuint)start) & inside;
    }

    static Vector256<ushort> KeyOfEnd(ReadOnlySpan<char> word)
    {
        Span<char> padded = stackalloc char[MaxLength];
        padded.Clear();
        word.CopyTo(padded);
        return Vector256.LoadUnsafe(ref Unsafe.As<char, ushort>(ref MemoryMarshal.GetReference(padded)));
    }

    [InlineArray(MaxIds)]
    public struct IdList
    {
        int _first;
    }

    public struct Entry
    {
        Vector256<ushort> _key;
        IdList _ids;
        int _length;

        /// <summary>How many tokens the word has.</summary>
        public int Count { get; private set; }

        [UnscopedRef]
        public readonly ReadOnlySpan<int> Ids => ((ReadOnlySpan<int>)_ids)[..Count];

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly bool Holds(Vector256<ushort> key, int length) => _length == length && _key == key;

        public void Set(Vector256<ushort> key, int length, ReadOnlySpan<int> ids)
        {
            _key = key;
            _length = length;
            Count = ids.Length;
            ids.CopyTo(_ids);
        }
    }
}
