using System.Buffers;

namespace HeadScope.ModelCore.Frames.Parquet;

/// <summary>How the values of one type are stored, ordered and, where that can pay, looked up in a dictionary.</summary>
internal abstract class ValueLayout<T>
{
    /// <summary>Null for the types that are always PLAIN. One chunk at a time uses it.</summary>
    public virtual ValueDictionary<T>? Dictionary => null;

    /// <summary>Bytes of the values in PLAIN encoding.</summary>
    public abstract long PlainSize(ReadOnlySpan<T> values);

    /// <summary>Appends the values in PLAIN encoding (https://parquet.apache.org/docs/file-format/data-pages/encodings/).</summary>
    public abstract void WritePlain(ReadOnlySpan<T> values, IBufferWriter<byte> output);

    /// <summary>Bounds in the type's own order, and the count of NaNs, of at least one value.</summary>
    public abstract ColumnStatistics Describe(ReadOnlySpan<T> values);
}

/// <summary>
/// The distinct values of a column chunk in the order in which they came. Refuses to grow past <see cref="MaxBytes"/>, so that
/// a reader's copy stays in its cache.
/// </summary>
internal abstract class ValueDictionary<T>
{
    /// <summary>1 MiB in PLAIN encoding, the customary size at which writers give a dictionary up.</summary>
    public const int MaxBytes = 1 << 20;

    public abstract ReadOnlySpan<T> Entries { get; }

    /// <summary>Bytes of the entries in PLAIN encoding.</summary>
    public abstract int PlainSize { get; }

    /// <summary>Forgets all entries.</summary>
    public abstract void Clear();

    /// <summary>Puts the entry number of each value into <paramref name="indices"/>, adding entries for values not met before.</summary>
    /// <returns>False where the dictionary would have grown too large.</returns>
    public abstract bool TryIndex(ReadOnlySpan<T> values, Span<int> indices);
}

/// <summary>One layout of each type; the columns of a file share them.</summary>
internal sealed class ValueLayouts
{
    public ValueLayout<int> Int32 { get; } = new NumberLayout<int>(new IntegerDictionary<int>());

    public ValueLayout<long> Int64 { get; } = new NumberLayout<long>(new IntegerDictionary<long>());

    public ValueLayout<float> Float { get; } = new NumberLayout<float>(dictionary: null);

    public ValueLayout<double> Double { get; } = new NumberLayout<double>(dictionary: null);

    public ValueLayout<bool> Boolean { get; } = new BooleanLayout();

    public ValueLayout<string> String { get; } = new StringLayout();
}
