using TorchSharp;

namespace HeadScope.ModelCore.Torch;

/// <summary>
/// A float32 matrix on a device. A view only remembers which part of its parent it is; the native view is made by the operation
/// that needs it, and dies with it.
/// </summary>
internal sealed class TorchTensor : Compute.Tensor
{
    readonly TorchTensor _root;
    readonly int _firstRow;
    readonly int _firstColumn;
    torch.Tensor? _values; // of a root

    /// <param name="values">[rows, columns], detached from every scope; belongs to this.</param>
    public TorchTensor(torch.Tensor values)
        : base((int)values.shape[0], (int)values.shape[1])
    {
        _root = this;
        _values = values;
    }

    TorchTensor(TorchTensor root, int firstRow, int firstColumn, int rows, int columns)
        : base(rows, columns) => (_root, _firstRow, _firstColumn) = (root, firstRow, firstColumn);

    /// <summary>[Rows, Columns], for the operation that asks.</summary>
    public torch.Tensor Values
    {
        get
        {
            var whole = _root._values ?? throw new ObjectDisposedException(
                nameof(TorchTensor), $"A [{Rows}, {Columns}] tensor was used after its end.");
            if (_root == this)
                return whole;
            var rows = Rows == _root.Rows ? whole : whole.narrow(0, _firstRow, Rows);
            return Columns == _root.Columns ? rows : rows.narrow(1, _firstColumn, Columns);
        }
    }

    public override Compute.Tensor SliceColumns(int start, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(start + count, Columns);
        return new TorchTensor(_root, _firstRow, _firstColumn + start, Rows, count);
    }

    public override Compute.Tensor SliceRows(int start, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(start + count, Rows);
        return new TorchTensor(_root, _firstRow + start, _firstColumn, count, Columns);
    }

    public override void Dispose()
    {
        _values?.Dispose();
        _values = null;
    }
}
