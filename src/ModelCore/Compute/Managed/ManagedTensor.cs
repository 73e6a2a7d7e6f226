using System.Runtime.CompilerServices;

namespace HeadScope.ModelCore.Compute.Managed;

/// <summary>A matrix in native memory; consecutive rows lie <see cref="Stride"/> floats apart.</summary>
internal sealed unsafe class ManagedTensor : Tensor
{
    readonly NativePool? _owner; // null: a view

    public ManagedTensor(NativePool pool, int rows, int columns)
        : base(rows, columns)
    {
        _owner = pool;
        Stride = columns;
        Data = pool.Rent((long)rows * columns);
    }

    ManagedTensor(float* data, int rows, int columns, int stride)
        : base(rows, columns)
    {
        Data = data;
        Stride = stride;
    }

    public float* Data { get; private set; }

    public int Stride { get; }

    public bool IsContiguous => Stride == Columns;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float* Row(int row) => Data + (nint)row * Stride;

    public Span<float> RowSpan(int row) => new(Row(row), Columns);

    public override Tensor SliceColumns(int start, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(start + count, Columns);
        return new ManagedTensor(Data + start, Rows, count, Stride);
    }

    public override Tensor SliceRows(int start, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(start + count, Rows);
        return new ManagedTensor(Row(start), count, Columns, Stride);
    }

    public override void Dispose()
    {
        if (_owner is not null && Data is not null)
            _owner.Return(Data);
        Data = null;
    }
}
