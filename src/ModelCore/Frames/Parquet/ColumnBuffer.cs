using System.Buffers;
using System.Runtime.CompilerServices;

namespace HeadScope.ModelCore.Frames.Parquet;

/// <summary>The values of one column of the row group that is being filled.</summary>
internal abstract class ColumnBuffer : IDisposable
{
    /// <summary>Takes <paramref name="count"/> values from <paramref name="start"/> on.</summary>
    public abstract void Append(ColumnValues values, int start, int count);

    /// <summary>Writes what has been taken as a column chunk and starts over.</summary>
    public abstract ColumnChunk Write(ChunkWriter writer);

    public abstract void Dispose();

    /// <param name="column">Whose values these are.</param>
    /// <param name="layouts">Shared by the columns of a file.</param>
    /// <param name="capacity">The most values ever held.</param>
    public static ColumnBuffer Create(ColumnSpec column, ValueLayouts layouts, int capacity) => column.Type switch
    {
        ColumnType.Int32 => new ColumnBuffer<int>(layouts.Int32, capacity),
        ColumnType.Int64 => new ColumnBuffer<long>(layouts.Int64, capacity),
        ColumnType.Float => new ColumnBuffer<float>(layouts.Float, capacity),
        ColumnType.Double => new ColumnBuffer<double>(layouts.Double, capacity),
        ColumnType.Boolean => new ColumnBuffer<bool>(layouts.Boolean, capacity),
        ColumnType.String => new ColumnBuffer<string>(layouts.String, capacity),
        _ => throw new ArgumentOutOfRangeException(nameof(column), column.Type, $"Column '{column.Name}' has no known type."),
    };
}

internal sealed class ColumnBuffer<T>(ValueLayout<T> layout, int capacity) : ColumnBuffer
{
    // Small frames are common, so memory grows with the rows up to a row group's; in few steps, because the pool keeps the smaller
    // blocks.
    const int FirstCapacity = 1 << 10;
    const long Growth = 16;

    T[] _values = [];
    int _count;

    public override void Append(ColumnValues values, int start, int count)
    {
        var needed = _count + count;
        if (needed > _values.Length)
            Grow(needed);
        ((ColumnValues<T>)values).Span.Slice(start, count).CopyTo(_values.AsSpan(_count));
        _count = needed;
    }

    public override ColumnChunk Write(ChunkWriter writer)
    {
        var chunk = writer.Write<T>(_values.AsSpan(0, _count), layout);
        _count = 0;
        return chunk;
    }

    public override void Dispose()
    {
        Release();
        _values = [];
        _count = 0;
    }

    void Grow(int needed)
    {
        var wanted = Math.Max(Math.Max(needed, FirstCapacity), Growth * _count);
        var larger = ArrayPool<T>.Shared.Rent((int)Math.Min(wanted, capacity));
        _values.AsSpan(0, _count).CopyTo(larger);
        Release();
        _values = larger;
    }

    void Release()
    {
        if (_values.Length > 0)
            ArrayPool<T>.Shared.Return(_values, clearArray: RuntimeHelpers.IsReferenceOrContainsReferences<T>());
    }
}
