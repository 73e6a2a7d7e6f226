using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace HeadScope.ModelCore.Frames.Parquet;

/// <summary>
/// Strings, in UTF-8 behind a length of four bytes; ordered byte by byte. A bound longer than <see cref="MaxBoundBytes"/> is
/// left out: no reader can prune by it, and every reader would load it.
/// </summary>
internal sealed class StringLayout : ValueLayout<string>
{
    public const int MaxBoundBytes = 256;

    readonly StringDictionary _dictionary = new();

    public override ValueDictionary<string>? Dictionary => _dictionary;

    /// <summary>Bytes of one value in PLAIN encoding.</summary>
    public static int PlainSize(string value) => sizeof(int) + Encoding.UTF8.GetByteCount(value);

    public override long PlainSize(ReadOnlySpan<string> values)
    {
        var size = 0L;
        foreach (var value in values)
            size += PlainSize(value);
        return size;
    }

    public override void WritePlain(ReadOnlySpan<string> values, IBufferWriter<byte> output)
    {
        foreach (var value in values)
        {
            var destination = output.GetSpan(sizeof(int) + Encoding.UTF8.GetMaxByteCount(value.Length));
            var length = Encoding.UTF8.GetBytes(value, destination[sizeof(int)..]);
            BinaryPrimitives.WriteInt32LittleEndian(destination, length);
            output.Advance(sizeof(int) + length);
        }
    }

    public override ColumnStatistics Describe(ReadOnlySpan<string> values)
    {
        string low = values[0], high = values[0];
        foreach (var value in values)
        {
            if (CompareUtf8(value, low) < 0)
                low = value;
            else if (CompareUtf8(value, high) > 0)
                high = value;
        }

        return new ColumnStatistics(Bound(low), Bound(high));
    }

    /// <summary>Compares as the UTF-8 forms do: by code point, where .NET's ordinal order goes by UTF-16 unit.</summary>
    public static int CompareUtf8(string a, string b)
    {
        if (ReferenceEquals(a, b))
            return 0;
        var common = a.AsSpan().CommonPrefixLength(b);
        if (common == a.Length || common == b.Length)
            return a.Length.CompareTo(b.Length);
        return Rank(a[common]).CompareTo(Rank(b[common]));
    }

    // Surrogates stand for code points above all that a single unit can, though their own numbers are not the highest.
    static int Rank(char unit) => char.IsSurrogate(unit) ? unit + char.MaxValue : unit;

    static byte[]? Bound(string value)
    {
        var bytes = Encoding.UTF8.GetBytes(value);
        return bytes.Length <= MaxBoundBytes ? bytes : null;
    }
}

/// <summary>The distinct strings of a column chunk.</summary>
internal sealed class StringDictionary : ValueDictionary<string>
{
    readonly Dictionary<string, int> _indices = [];
    string[] _entries = new string[16];
    int _size;

    public override ReadOnlySpan<string> Entries => _entries.AsSpan(0, _indices.Count);

    public override int PlainSize => _size;

    public override void Clear()
    {
        _entries.AsSpan(0, _indices.Count).Clear();
        _indices.Clear();
        _size = 0;
    }

    public override bool TryIndex(ReadOnlySpan<string> values, Span<int> indices)
    {
        string? previous = null;
        var index = 0;
        for (var i = 0; i < values.Length; i++)
        {
            // Labels repeat, mostly as the same object.
            if (!ReferenceEquals(values[i], previous) && !_indices.TryGetValue(values[i], out index) && !TryAdd(values[i], out index))
                return false;
            previous = values[i];
            indices[i] = index;
        }

        return true;
    }

    bool TryAdd(string value, out int index)
    {
        index = _indices.Count;
        var size = StringLayout.PlainSize(value);
        if (size > MaxBytes - _size)
            return false;
        if (index == _entries.Length)
            Array.Resize(ref _entries, 2 * index);
        _entries[index] = value;
        _indices.Add(value, index);
        _size += size;
        return true;
    }
}
