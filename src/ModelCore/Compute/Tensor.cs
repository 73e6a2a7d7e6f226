namespace HeadScope.ModelCore.Compute;

/// <summary>
/// A row-major float32 matrix that lives where its backend computes. Activations are [batch * position, feature]:
/// row <c>b * context + p</c> is position p of sequence b.
/// </summary>
/// <remarks>A view (<see cref="SliceColumns"/>, <see cref="SliceRows"/>) shares its parent's memory and must not outlive it.</remarks>
public abstract class Tensor(int rows, int columns) : IDisposable
{
    public int Rows { get; } = rows;

    public int Columns { get; } = columns;

    /// <summary>A view of <paramref name="count"/> columns from <paramref name="start"/> on.</summary>
    public abstract Tensor SliceColumns(int start, int count);

    /// <summary>A view of <paramref name="count"/> rows from <paramref name="start"/> on.</summary>
    public abstract Tensor SliceRows(int start, int count);

    public abstract void Dispose();
}

/// <summary>
/// A constant matrix [inputs, outputs], with an optional bias [outputs], in whatever layout its backend multiplies by fastest.
/// Computes <c>y = x W + b</c>.
/// </summary>
public abstract class Matrix(int inputs, int outputs) : IDisposable
{
    public int Inputs { get; } = inputs;

    public int Outputs { get; } = outputs;

    public abstract void Dispose();
}
