using ParquetSharp;
using Encoding = System.Text.Encoding;

namespace HeadScope.Data.Frames.Parquet;

/// <summary>The values of one column of the row group that is being filled.</summary>
internal abstract class ColumnBuffer
{
    /// <summary>Takes <paramref name="count"/> values from <paramref name="start"/> on.</summary>
    public abstract void Append(ColumnValues values, int start, int count);

    /// <summary>Writes what has been taken as a column chunk, and starts over.</summary>
    public abstract void Write(ColumnWriter column);

    /// <param name="column">Whose values these are.</param>
    /// <param name="capacity">The most values ever held.</param>
    public static ColumnBuffer Create(ColumnSpec column, int capacity) => column.Type switch
    {
        ColumnType.Int32 => new NumberBuffer<int>(capacity),
        ColumnType.Int64 => new NumberBuffer<long>(capacity),
        ColumnType.Float => new NumberBuffer<float>(capacity),
        ColumnType.Double => new NumberBuffer<double>(capacity),
        ColumnType.Boolean => new NumberBuffer<bool>(capacity),
        ColumnType.String => new StringBuffer(capacity),
        _ => throw new ArgumentOutOfRangeException(nameof(column), column.Type, $"Column '{column.Name}' has no known type."),
    };
}

internal abstract class ColumnBuffer<T>(int capacity) : ColumnBuffer
{
    T[] _values = [];
    int _count;

    public override void Append(ColumnValues values, int start, int count)
    {
        var needed = _count + count;
        if (needed > _values.Length)
            Array.Resize(ref _values, (int)Math.Min(capacity, Math.Max(needed, 2L * _values.Length)));
        ((ColumnValues<T>)values).Span.Slice(start, count).CopyTo(_values.AsSpan(_count));
        _count = needed;
    }

    public override void Write(ColumnWriter column)
    {
        Write(column, _values.AsSpan(0, _count));
        _count = 0;
    }

    protected abstract void Write(ColumnWriter column, ReadOnlySpan<T> values);
}

/// <summary>Numbers and booleans, which Arrow takes as they lie in memory.</summary>
internal sealed class NumberBuffer<T>(int capacity) : ColumnBuffer<T>(capacity)
    where T : unmanaged
{
    protected override void Write(ColumnWriter column, ReadOnlySpan<T> values) => ((ColumnWriter<T>)column).WriteBatch(values);
}

/// <summary>
/// Strings, given to Arrow as UTF-8 in batches of at most <see cref="MaxRows"/> and little more than <see cref="MaxBytes"/>.
/// </summary>
internal sealed class StringBuffer(int capacity) : ColumnBuffer<string>(capacity)
{
    const int MaxRows = 1024;
    const int MaxBytes = 1 << 20;

    readonly ByteArray[] _batch = new ByteArray[MaxRows];
    byte[] _bytes = [];

    protected override void Write(ColumnWriter column, ReadOnlySpan<string> values)
    {
        var texts = (ColumnWriter<ByteArray>)column;
        while (!values.IsEmpty)
        {
            var (count, size) = NextBatch(values);
            if (_bytes.Length < size)
                _bytes = new byte[size];
            WriteBatch(texts, values[..count]);
            values = values[count..];
        }
    }

    static (int Count, int Size) NextBatch(ReadOnlySpan<string> values)
    {
        var (count, size) = (0, 0);
        while (count < Math.Min(values.Length, MaxRows) && size < MaxBytes)
            size = checked(size + Encoding.UTF8.GetByteCount(values[count++]));
        return (count, size);
    }

    unsafe void WriteBatch(ColumnWriter<ByteArray> texts, ReadOnlySpan<string> values)
    {
        fixed (byte* bytes = _bytes)
        {
            var at = 0;
            for (var i = 0; i < values.Length; i++)
            {
                var length = Encoding.UTF8.GetBytes(values[i], _bytes.AsSpan(at));
                _batch[i] = new ByteArray((nint)(bytes + at), length);
                at += length;
            }

            texts.WriteBatch(_batch.AsSpan(0, values.Length));
        }
    }
}
