using HeadScope.ModelCore.Compute;
using TorchSharp;
using static TorchSharp.torch;
using Tensor = HeadScope.ModelCore.Compute.Tensor;

namespace HeadScope.ModelCore.Torch;

/// <summary>
/// TorchSharp, on processors or a CUDA device. Activations, norms, softmax and sums are float32; <see cref="Precision"/> says how
/// products are computed.
/// </summary>
/// <remarks>
/// The native library chooses its kernels by shape, so a result's last bits move with the batch it was computed in. Shapes are checked
/// before they reach it: some of its faults would end the process. <c>torch.matmul</c> is not used for that reason.
/// </remarks>
public sealed class TorchBackend : IBackend
{
    /// <summary>Numbers of an intermediate result: 32 MiB stay near a processor's caches, 256 MiB keep a card busy.</summary>
    const long MostOnProcessor = 1L << 23;

    const long MostOnCard = 1L << 26;

    /// <summary>Sets of sources that are kept: those of one batch, as a rule, which all its layers read.</summary>
    const int LatestSets = 8;

    [ThreadStatic]
    static int _threadsOfThread;

    readonly Device _device;
    readonly int _threads;
    readonly Precision _precision;
    readonly ScalarType _products;
    readonly long _most;
    readonly Constants _constants = new(32); // masks and rotary tables
    readonly Constants _sources = new(LatestSets); // of the latest batch
    readonly Staging _staging;

    /// <param name="device">Such as <c>cpu</c> or <c>cuda:0</c>.</param>
    /// <param name="threads">Threads that one operation may use on processors, at least 1.</param>
    internal TorchBackend(string device, int threads, Precision precision)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        _device = new Device(device);
        _threads = threads;
        _precision = precision;
        _products = precision == Precision.Bfloat16 ? ScalarType.BFloat16 : ScalarType.Float32;
        _most = OnProcessor ? MostOnProcessor : MostOnCard;
        _staging = new Staging(_device.index);
    }

    public string Description =>
        $"torch {_device} ({_precision.Name()}{(OnProcessor ? $", {_threads} {(_threads == 1 ? "thread" : "threads")}" : "")})";

    bool OnProcessor => _device.type == DeviceType.CPU;

    /// <summary>
    /// A card takes what it is told to a queue of its own; processors have computed when a call returns, which changes nothing for the
    /// caller.
    /// </summary>
    public bool RunsAhead => true;

    public Tensor Allocate(int rows, int columns) => Compute(() => empty(rows, columns, ScalarType.Float32, _device));

    public Tensor Upload(ReadOnlySpan<float> values, int rows, int columns) =>
        new TorchTensor(Operation.Run(values, values => HostMemory.ToDevice(values, rows, columns, _device).DetachFromDisposeScope()));

    public void Download(Tensor tensor, Span<float> destination) => Operation.Run(destination, destination =>
    {
        HostMemory.ToHost(Of(tensor), destination);
        return true;
    });

    public IDownload StartDownload(Tensor tensor) =>
        OnProcessor ? new ProcessorDownload((TorchTensor)tensor) : Operation.Run(Of(tensor), _staging.Download);

    public Matrix Load(ReadOnlySpan<float> values, int inputs, int outputs, ReadOnlySpan<float> bias = default, bool transposed = false)
    {
        var (rows, columns) = transposed ? (outputs, inputs) : (inputs, outputs);
        if (bias.Length != 0 && bias.Length != outputs)
            throw new ArgumentException($"The bias of {outputs} outputs has {outputs} values, not {bias.Length}.", nameof(bias));
        var weights = Operation.Run(
            values, values => HostMemory.ToDevice(values, rows, columns, _device).to_type(_products).DetachFromDisposeScope());
        try
        {
            var biases = bias.IsEmpty
                ? null
                : Operation.Run(bias, bias => HostMemory.ToDevice(bias, 1, outputs, _device).view(outputs).DetachFromDisposeScope());
            return new TorchMatrix(weights, biases, transposed);
        }
        catch
        {
            weights.Dispose();
            throw;
        }
    }

    public Tensor Multiply(Tensor x, Matrix matrix)
    {
        if (x.Columns != matrix.Inputs)
            throw new ArgumentException($"x has {x.Columns} features; the matrix takes {matrix.Inputs}.", nameof(x));
        return Compute(() => ((TorchMatrix)matrix).Multiply(Of(x), 0, matrix.Outputs));
    }

    public Tensor GatherRows(Tensor table, ReadOnlySpan<int> indices)
    {
        CheckIndices(indices, 0, table.Rows);
        var rows = indices.ToArray();
        return Compute(() => Of(table).index_select(0, HostMemory.ToDevice(rows, _device)));
    }

    public Tensor GatherOutputs(Matrix matrix, ReadOnlySpan<int> outputs)
    {
        CheckIndices(outputs, int.MinValue, matrix.Outputs);
        var columns = outputs.ToArray();
        return Compute(() => ((TorchMatrix)matrix).Gather(columns, _device));
    }

    public void Copy(Tensor target, Tensor source)
    {
        if (source.Columns != target.Columns || (source.Rows != target.Rows && source.Rows != 1))
            throw new ArgumentException(
                $"[{source.Rows}, {source.Columns}] does not fit into [{target.Rows}, {target.Columns}].", nameof(source));
        Change(() => Of(target).copy_(Of(source)));
    }

    public void Add(Tensor target, Tensor addend)
    {
        CheckSame(target, addend);
        Change(() => Of(target).add_(Of(addend), Scalars.One));
    }

    public (Tensor Normalized, Tensor Scale) Normalize(Tensor x, Norm norm)
    {
        TorchTensor? scale = null;
        var normalized = Compute(() =>
        {
            var values = Of(x);
            var centred = norm.Kind == NormKind.LayerNorm ? values - values.mean([1], keepdim: true) : values;
            var divisor = centred.square().mean([1], keepdim: true).add_(Scalars.Of(norm.Epsilon), Scalars.One).sqrt_(); // [n, 1]
            var result = centred / divisor;
            if (norm.Weight is not null)
                result.mul_(Of(norm.Weight));
            if (norm.Bias is not null)
                result.add_(Of(norm.Bias), Scalars.One);
            scale = new TorchTensor(divisor.DetachFromDisposeScope());
            return result;
        });
        return (normalized, scale!);
    }

    public void NormalizeRuns(Tensor x, int size, Norm norm)
    {
        if (size < 1 || x.Columns % size != 0)
            throw new ArgumentException($"{x.Columns} columns are not runs of {size}.", nameof(size));
        Change(() =>
        {
            var values = Of(x).view(x.Rows, x.Columns / size, size);
            var centred = norm.Kind == NormKind.LayerNorm ? values - values.mean([2], keepdim: true) : values;
            var result = centred / centred.square().mean([2], keepdim: true).add_(Scalars.Of(norm.Epsilon), Scalars.One).sqrt_();
            if (norm.Weight is not null)
                result.mul_(Of(norm.Weight).view(-1, size));
            if (norm.Bias is not null)
                result.add_(Of(norm.Bias).view(-1, size), Scalars.One);
            values.copy_(result);
        });
    }

    public void SoftCap(Tensor x, float cap) => Change(() => Capped(Of(x), cap));

    public void Activate(Tensor x, Activation activation) => Change(() => Of(x).copy_(Activated(Of(x), activation)));

    public void ActivateGate(Tensor gate, Activation activation, Tensor linear)
    {
        CheckSame(gate, linear);
        Change(() => Of(gate).copy_(Activated(Of(gate), activation).mul_(Of(linear))));
    }

    public void Rotate(Tensor heads, int headSize, BatchShape batch, Rotary rotary)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(rotary.Dimensions, headSize);
        var known = rotary.Tables(batch.Context);
        CheckHeads(heads, batch, heads.Columns / headSize * headSize);
        var half = rotary.Dimensions / 2;
        Change(() =>
        {
            var tables = _constants.Get(known, () => [Table(known.Cosines), Table(known.Sines)]);
            var (cosines, sines) = (tables[0].narrow(0, 0, batch.Context), tables[1].narrow(0, 0, batch.Context)); // [position, 1, half]
            var values = Of(heads).view(batch.Sequences, batch.Context, heads.Columns / headSize, headSize);
            var (x, y) = rotary.AdjacentPairs
                ? (values.slice(3, 0, 2 * half, 2), values.slice(3, 1, 2 * half, 2))
                : (values.narrow(3, 0, half), values.narrow(3, half, half));
            var turned = (x * cosines).sub_(y * sines);
            y.copy_((y * cosines).add_(x * sines, Scalars.One));
            x.copy_(turned);
        });

        torch.Tensor Table(float[] values) => HostMemory.ToDevice(values, known.Positions, half, _device).unsqueeze(1);
    }

    public Tensor Attend(in AttentionInputs inputs, AttentionHooks hooks)
    {
        var given = inputs;
        var (batch, heads) = (given.Batch, given.Heads);
        CheckHeads(given.Query, batch, heads.Heads * heads.DHead);
        CheckHeads(given.Key, batch, heads.KeyValueHeads * heads.DHead);
        CheckHeads(given.Value, batch, heads.KeyValueHeads * heads.DHead);
        return Compute(() =>
        {
            var group = heads.Heads / heads.KeyValueHeads;
            var mask = (batch.Context, given.Causal, given.Window, group);
            var hidden = _constants.Get(
                mask, () => [AttentionOperation.Hidden(batch.Context, given.Causal, given.Window, group, _device)])[0];
            var sources = (hooks.Scoring?.Sources ?? []).Select(asked => SourcePairs.Of(asked.Sources, heads.Heads, _sources, _device))
                .ToList();
            return new AttentionOperation(given, hooks, hidden, sources, _products, _most).Run();
        });
    }

    public void DivideColumns(Tensor scores, Tensor scale)
    {
        if (scale.Columns != 1 || scale.Rows != scores.Columns)
            throw new ArgumentException(
                $"The scale of [{scores.Rows}, {scores.Columns}] scores is [{scores.Columns}, 1], not [{scale.Rows}, {scale.Columns}].",
                nameof(scale));
        Change(() => Of(scores).div_(Of(scale).t()));
    }

    public Tensor TokenLoss(Tensor x, Matrix unembed, ReadOnlySpan<int> targets, float? cap = null)
    {
        if (targets.Length != x.Rows || x.Columns != unembed.Inputs)
            throw new ArgumentException(
                $"[{x.Rows}, {x.Columns}] activations have {x.Rows} targets, not {targets.Length}, and a matrix of {x.Columns} inputs, " +
                $"not {unembed.Inputs}.", nameof(targets));
        CheckIndices(targets, int.MinValue, unembed.Outputs);
        var wanted = targets.ToArray();
        return Compute(() => LossOperation.Run(Of(x), (TorchMatrix)unembed, wanted, cap, _products, _most));
    }

    public void Dispose()
    {
        _constants.Dispose();
        _sources.Dispose();
        _staging.Dispose();
    }

    /// <summary>What processors computed lies in this process's memory already.</summary>
    sealed class ProcessorDownload(TorchTensor tensor) : IDownload
    {
        public void Finish(RowReader reader) => Operation.Run(reader, reader =>
        {
            HostMemory.Show(tensor.Values.contiguous(), reader);
            return true;
        });

        public void Dispose()
        {
        }
    }

    static torch.Tensor Of(Tensor tensor) => ((TorchTensor)tensor).Values;

    /// <summary>cap tanh(x / cap), in x's place.</summary>
    internal static torch.Tensor Capped(torch.Tensor x, float cap) => x.div_(Scalars.Of(cap)).tanh_().mul_(Scalars.Of(cap));

    static torch.Tensor Activated(torch.Tensor x, Activation activation) => activation switch
    {
        Activation.Gelu => nn.functional.gelu(x),
        Activation.GeluNew => nn.functional.gelu(x, TorchSharp.Modules.GELU.Approximate.tanh, false),
        Activation.Relu => nn.functional.relu(x),
        Activation.Silu => nn.functional.silu(x),
        _ => throw new ArgumentOutOfRangeException(nameof(activation), activation, null),
    };

    static void CheckSame(Tensor a, Tensor b)
    {
        if (a.Rows != b.Rows || a.Columns != b.Columns)
            throw new ArgumentException($"[{a.Rows}, {a.Columns}] and [{b.Rows}, {b.Columns}] differ.", nameof(b));
    }

    static void CheckHeads(Tensor x, BatchShape batch, int columns)
    {
        if (x.Rows != batch.Positions || x.Columns != columns)
            throw new ArgumentException(
                $"[{x.Rows}, {x.Columns}] are not {batch.Sequences} sequences of {batch.Context} with {columns} features of heads.",
                nameof(x));
    }

    static void CheckIndices(ReadOnlySpan<int> indices, int lowest, int end)
    {
        var wrong = indices.IndexOfAnyExceptInRange(lowest, end - 1);
        if (wrong >= 0)
            throw new ArgumentOutOfRangeException(nameof(indices), indices[wrong], $"An index lies below {end}.");
    }

    TorchTensor Compute(Func<torch.Tensor> compute)
    {
        using var mode = Enter();
        return new TorchTensor(Operation.Run(compute, compute => compute().DetachFromDisposeScope()));
    }

    void Change(Action compute)
    {
        using var mode = Enter();
        Operation.Run(compute, compute =>
        {
            compute();
            return true;
        });
    }

    /// <summary>
    /// Threads and the rounding of float32 products are settings of the thread and of the process: whoever computes sees to them.
    /// </summary>
    ProductMode.Stay Enter()
    {
        if (!OnProcessor)
            return ProductMode.Tf32.Enter(_precision == Precision.Tf32);
        if (_threadsOfThread != _threads)
            set_num_threads(_threadsOfThread = _threads);
        return default;
    }
}
