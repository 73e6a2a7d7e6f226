using System.Buffers;
using System.Text;

namespace HeadScope.Data.Frames;

/// <summary>
/// The values of one column in consecutive rows: a view of the caller's memory, made by implicit conversion from an array,
/// <see cref="Memory{T}"/> or <see cref="ReadOnlyMemory{T}"/> of <see cref="int"/>, <see cref="long"/>, <see cref="float"/>,
/// <see cref="double"/>, <see cref="bool"/> or <see cref="string"/>.
/// </summary>
/// <exception cref="ArgumentException">A string is null or holds half a surrogate pair, which UTF-8 cannot express.</exception>
public abstract class ColumnValues
{
    private protected ColumnValues(ColumnType type, int count)
    {
        Type = type;
        Count = count;
    }

    public ColumnType Type { get; }

    /// <summary>How many rows there are.</summary>
    public int Count { get; }

    public static implicit operator ColumnValues(ReadOnlyMemory<int> values) => new ColumnValues<int>(ColumnType.Int32, values);

    public static implicit operator ColumnValues(ReadOnlyMemory<long> values) => new ColumnValues<long>(ColumnType.Int64, values);

    public static implicit operator ColumnValues(ReadOnlyMemory<float> values) => new ColumnValues<float>(ColumnType.Float, values);

    public static implicit operator ColumnValues(ReadOnlyMemory<double> values) => new ColumnValues<double>(ColumnType.Double, values);

    public static implicit operator ColumnValues(ReadOnlyMemory<bool> values) => new ColumnValues<bool>(ColumnType.Boolean, values);

    public static implicit operator ColumnValues(ReadOnlyMemory<string> values)
    {
        RefuseWhatUtf8CannotHold(values.Span);
        return new ColumnValues<string>(ColumnType.String, values);
    }

    public static implicit operator ColumnValues(Memory<int> values) => (ReadOnlyMemory<int>)values;

    public static implicit operator ColumnValues(Memory<long> values) => (ReadOnlyMemory<long>)values;

    public static implicit operator ColumnValues(Memory<float> values) => (ReadOnlyMemory<float>)values;

    public static implicit operator ColumnValues(Memory<double> values) => (ReadOnlyMemory<double>)values;

    public static implicit operator ColumnValues(Memory<bool> values) => (ReadOnlyMemory<bool>)values;

    public static implicit operator ColumnValues(Memory<string> values) => (ReadOnlyMemory<string>)values;

    public static implicit operator ColumnValues(int[] values) => (ReadOnlyMemory<int>)values;

    public static implicit operator ColumnValues(long[] values) => (ReadOnlyMemory<long>)values;

    public static implicit operator ColumnValues(float[] values) => (ReadOnlyMemory<float>)values;

    public static implicit operator ColumnValues(double[] values) => (ReadOnlyMemory<double>)values;

    public static implicit operator ColumnValues(bool[] values) => (ReadOnlyMemory<bool>)values;

    public static implicit operator ColumnValues(string[] values) => (ReadOnlyMemory<string>)values;

    static void RefuseWhatUtf8CannotHold(ReadOnlySpan<string> values)
    {
        for (var row = 0; row < values.Length; row++)
        {
            if (values[row] is not { } value)
                throw Fault(row, "is null. Columns have no missing values: write an empty string.");
            if (value.AsSpan().ContainsAnyInRange('\uD800', '\uDFFF') && !IsWellFormed(value))
                throw Fault(row, "holds half a surrogate pair, which UTF-8 cannot express.");
        }
    }

    static ArgumentException Fault(int row, string what) => new($"Row {row} of a string column {what}", "values");

    static bool IsWellFormed(string value)
    {
        for (var rest = value.AsSpan(); !rest.IsEmpty;)
        {
            if (Rune.DecodeFromUtf16(rest, out _, out var consumed) != OperationStatus.Done)
                return false;
            rest = rest[consumed..];
        }

        return true;
    }
}

/// <summary>The values of a column whose type is known.</summary>
public sealed class ColumnValues<T> : ColumnValues
{
    readonly ReadOnlyMemory<T> _values;

    internal ColumnValues(ColumnType type, ReadOnlyMemory<T> values)
        : base(type, values.Length) => _values = values;

    /// <summary>[<see cref="ColumnValues.Count"/>].</summary>
    public ReadOnlySpan<T> Span => _values.Span;
}
