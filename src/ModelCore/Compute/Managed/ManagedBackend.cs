namespace HeadScope.ModelCore.Compute.Managed;

/// <summary>
/// Everything in this process, on SIMD kernels. Results are the same bits for any batch, any number of threads and any of the
/// supported processors.
/// </summary>
public sealed unsafe class ManagedBackend : IBackend
{
    readonly NativePool _pool = new();
    readonly MicroKernel _kernel;
    readonly ThreadTeam _team;

    /// <param name="threads">Threads that one operation may use, at least 1.</param>
    public ManagedBackend(int threads = 1)
        : this(threads, MicroKernel.Best)
    {
    }

    internal ManagedBackend(int threads, MicroKernel kernel)
    {
        _kernel = kernel;
        _team = new ThreadTeam(threads, kernel);
    }

    public string Description => $"managed ({_kernel.Name}, {_team.Threads} {(_team.Threads == 1 ? "thread" : "threads")})";

    /// <summary>Tensors allocated and not disposed of.</summary>
    public int LiveTensors => _pool.LiveCount;

    public Tensor Allocate(int rows, int columns) => New(rows, columns);

    public Tensor Upload(ReadOnlySpan<float> values, int rows, int columns)
    {
        if (values.Length != (long)rows * columns)
            throw new ArgumentException(
                $"A [{rows}, {columns}] tensor has {(long)rows * columns} values, not {values.Length}.", nameof(values));
        var tensor = New(rows, columns);
        fixed (float* source = values)
            Buffer.MemoryCopy(source, tensor.Data, (long)rows * columns * sizeof(float), (long)rows * columns * sizeof(float));
        return tensor;
    }

    public void Download(Tensor tensor, Span<float> destination)
    {
        var source = (ManagedTensor)tensor;
        for (var row = 0; row < source.Rows; row++)
            source.RowSpan(row).CopyTo(destination[(row * source.Columns)..]);
    }

    public IDownload StartDownload(Tensor tensor) => new ManagedDownload((ManagedTensor)tensor);

    public Matrix Load(ReadOnlySpan<float> values, int inputs, int outputs, ReadOnlySpan<float> bias = default, bool transposed = false) =>
        new PackedMatrix(_kernel, values, inputs, outputs, bias, transposed);

    public Tensor Multiply(Tensor x, Matrix matrix)
    {
        var a = (ManagedTensor)x;
        var b = (PackedMatrix)matrix;
        if (a.Columns != b.Inputs)
            throw new ArgumentException($"x has {a.Columns} features; the matrix takes {b.Inputs}.", nameof(x));
        var c = New(a.Rows, b.Outputs);

        // Each thread takes a strip of rows or, where there are few rows, of columns.
        var threads = _team.Threads;
        if (a.Rows >= threads * _kernel.Rows * 2)
        {
            var tileRows = (a.Rows + _kernel.Rows - 1) / _kernel.Rows;
            _team.ForEach(threads, (i, workspace) => Gemm.Multiply(
                a.Data, a.Stride, b, c.Data, c.Stride,
                tileRows * i / threads * _kernel.Rows, Math.Min(a.Rows, tileRows * (i + 1) / threads * _kernel.Rows), 0, b.Panels,
                workspace));
        }
        else
        {
            _team.ForEach(threads, (i, workspace) => Gemm.Multiply(
                a.Data, a.Stride, b, c.Data, c.Stride, 0, a.Rows,
                (int)((long)b.Panels * i / threads), (int)((long)b.Panels * (i + 1) / threads), workspace));
        }

        return c;
    }

    public Tensor GatherRows(Tensor table, ReadOnlySpan<int> indices)
    {
        var source = (ManagedTensor)table;
        var result = New(indices.Length, source.Columns);
        for (var i = 0; i < indices.Length; i++)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(indices[i]);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(indices[i], source.Rows);
            source.RowSpan(indices[i]).CopyTo(result.RowSpan(i));
        }

        return result;
    }

    public Tensor GatherOutputs(Matrix matrix, ReadOnlySpan<int> outputs)
    {
        var source = (PackedMatrix)matrix;
        var result = New(outputs.Length, source.Inputs);
        var indices = outputs.ToArray();
        _team.ForRows(indices.Length, (first, last) =>
        {
            for (var i = first; i < last; i++)
            {
                ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(indices[i], source.Outputs);
                if (indices[i] < 0)
                    result.RowSpan(i).Clear();
                else
                    source.CopyOutput(indices[i], result.Row(i));
            }
        });
        return result;
    }

    public void Copy(Tensor target, Tensor source)
    {
        var (to, from) = ((ManagedTensor)target, (ManagedTensor)source);
        if (from.Columns != to.Columns || (from.Rows != to.Rows && from.Rows != 1))
            throw new ArgumentException($"[{from.Rows}, {from.Columns}] does not fit into [{to.Rows}, {to.Columns}].", nameof(source));
        _team.ForRows(to.Rows, (first, last) =>
        {
            for (var row = first; row < last; row++)
                from.RowSpan(from.Rows == 1 ? 0 : row).CopyTo(to.RowSpan(row));
        });
    }

    public void Add(Tensor target, Tensor addend) => Combine(target, addend, ElementKernels.Add);

    public (Tensor Normalized, Tensor Scale) Normalize(Tensor x, Norm norm)
    {
        var source = (ManagedTensor)x;
        var normalized = New(x.Rows, x.Columns);
        var scale = New(x.Rows, 1);
        var weight = norm.Weight is ManagedTensor w ? w.Data : null;
        var bias = norm.Bias is ManagedTensor b ? b.Data : null;
        _team.ForRows(x.Rows, (first, last) =>
        {
            for (var row = first; row < last; row++)
                *scale.Row(row) = NormKernel.Normalize(
                    source.Row(row), normalized.Row(row), source.Columns, norm.Kind, norm.Epsilon, weight, bias);
        });
        return (normalized, scale);
    }

    public void NormalizeRuns(Tensor x, int size, Norm norm)
    {
        if (size < 1 || x.Columns % size != 0)
            throw new ArgumentException($"{x.Columns} columns are not runs of {size}.", nameof(size));
        var target = (ManagedTensor)x;
        ManagedTensor? weight = (ManagedTensor?)norm.Weight, bias = (ManagedTensor?)norm.Bias;
        _team.ForRows(x.Rows, (first, last) =>
        {
            for (var row = first; row < last; row++)
            {
                for (var start = 0; start < target.Columns; start += size)
                {
                    var run = target.Row(row) + start;
                    NormKernel.Normalize(run, run, size, norm.Kind, norm.Epsilon, Part(weight, start), Part(bias, start));
                }
            }
        });

        // A run's own part of the parameters, or those that all runs share.
        float* Part(ManagedTensor? parameters, int start) =>
            parameters is null ? null : parameters.Data + (parameters.Columns == size ? 0 : start);
    }

    public void SoftCap(Tensor x, float cap)
    {
        var target = (ManagedTensor)x;
        _team.ForRows(x.Rows, (first, last) =>
        {
            for (var row = first; row < last; row++)
                ElementKernels.SoftCap(target.Row(row), target.Columns, cap);
        });
    }

    public void Activate(Tensor x, Activation activation)
    {
        var target = (ManagedTensor)x;
        _team.ForRows(x.Rows, (first, last) =>
        {
            for (var row = first; row < last; row++)
                ElementKernels.Activate(target.Row(row), null, target.Columns, activation);
        });
    }

    public void ActivateGate(Tensor gate, Activation activation, Tensor linear) =>
        Combine(gate, linear, (target, factor, count) => ElementKernels.Activate(target, factor, count, activation));

    public void Rotate(Tensor heads, int headSize, BatchShape batch, Rotary rotary)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(rotary.Dimensions, headSize);
        var tables = rotary.Tables(batch.Context);
        var target = (ManagedTensor)heads;
        var half = rotary.Dimensions / 2;
        _team.ForRows(heads.Rows, (first, last) =>
        {
            fixed (float* cosines = tables.Cosines, sines = tables.Sines)
            {
                for (var row = first; row < last; row++)
                {
                    var angle = row % batch.Context * half;
                    for (var column = 0; column < target.Columns; column += headSize)
                    {
                        if (rotary.AdjacentPairs)
                            ElementKernels.RotateAdjacent(target.Row(row) + column, half, cosines + angle, sines + angle);
                        else
                            ElementKernels.Rotate(target.Row(row) + column, half, cosines + angle, sines + angle);
                    }
                }
            }
        });
    }

    public Tensor Attend(in AttentionInputs inputs, AttentionHooks hooks)
    {
        var (heads, keyValueHeads, size) = inputs.Heads;
        var z = New(inputs.Batch.Positions, heads * size);
        var captured = inputs;

        // Heads that read the same keys and values share their packing, unless that would leave threads without work.
        var together = inputs.Batch.Sequences * keyValueHeads >= 4 * _team.Threads ? heads / keyValueHeads : 1;
        _team.ForEach(inputs.Batch.Sequences * heads / together, (i, workspace) =>
        {
            var (row, group) = Math.DivRem(i, heads / together);
            AttentionKernel.Attend(captured, hooks, z, row, group * together, together, _kernel, workspace);
        });
        return z;
    }

    public void DivideColumns(Tensor scores, Tensor scale)
    {
        var target = (ManagedTensor)scores;
        var divisor = (ManagedTensor)scale;
        if (!divisor.IsContiguous || divisor.Columns != 1 || divisor.Rows != target.Columns)
            throw new ArgumentException(
                $"The scale of [{target.Rows}, {target.Columns}] scores is [{target.Columns}, 1], not [{divisor.Rows}, {divisor.Columns}].",
                nameof(scale));
        for (var row = 0; row < target.Rows; row++)
            ElementKernels.Divide(target.Row(row), divisor.Data, target.Columns);
    }

    public Tensor TokenLoss(Tensor x, Matrix unembed, ReadOnlySpan<int> targets, float? cap = null)
    {
        if (targets.Length != x.Rows)
            throw new ArgumentException($"{x.Rows} positions have {x.Rows} targets, not {targets.Length}.", nameof(targets));
        var loss = New(x.Rows, 1);
        LossKernel.TokenLoss((ManagedTensor)x, (PackedMatrix)unembed, targets.ToArray(), cap, loss, _team, _pool);
        return loss;
    }

    public void Dispose()
    {
        _team.Dispose();
        _pool.Dispose();
    }

    delegate void RowOperation(float* target, float* operand, int count);

    void Combine(Tensor target, Tensor operand, RowOperation operation)
    {
        var a = (ManagedTensor)target;
        var b = (ManagedTensor)operand;
        if (a.Rows != b.Rows || a.Columns != b.Columns)
            throw new ArgumentException($"[{a.Rows}, {a.Columns}] and [{b.Rows}, {b.Columns}] differ.", nameof(operand));
        _team.ForRows(a.Rows, (first, last) =>
        {
            for (var row = first; row < last; row++)
                operation(a.Row(row), b.Row(row), a.Columns);
        });
    }

    ManagedTensor New(int rows, int columns) => new(_pool, rows, columns);
}
