using System.Diagnostics;
using HeadScope.ModelCore.Compute;

namespace HeadScope.Benchmarks;

/// <summary>Passes everything on to another backend and notes how long each kind of operation took.</summary>
public sealed class TimingBackend(IBackend inner) : IBackend
{
    readonly Dictionary<string, TimeSpan> _spent = [];

    public IReadOnlyDictionary<string, TimeSpan> Spent => _spent;

    public string Description => inner.Description;

    public bool RunsAhead => inner.RunsAhead;

    /// <summary>Floating-point operations of the matrix products, loss included.</summary>
    public double Operations { get; private set; }

    /// <summary>Called after each operation, before the time is taken.</summary>
    public Action? Settle { get; set; }

    public void Reset()
    {
        _spent.Clear();
        Operations = 0;
    }

    public Tensor Allocate(int rows, int columns) => Time("other", () => inner.Allocate(rows, columns));

    public Tensor Upload(ReadOnlySpan<float> values, int rows, int columns) => inner.Upload(values, rows, columns);

    public void Download(Tensor tensor, Span<float> destination)
    {
        var started = Stopwatch.GetTimestamp();
        inner.Download(tensor, destination);
        Note("download", started);
    }

    public IDownload StartDownload(Tensor tensor) => new TimedDownload(this, Time("download", () => inner.StartDownload(tensor)));

    public Matrix Load(ReadOnlySpan<float> values, int inputs, int outputs, ReadOnlySpan<float> bias = default, bool transposed = false) =>
        inner.Load(values, inputs, outputs, bias, transposed);

    public Tensor Multiply(Tensor x, Matrix matrix)
    {
        Operations += 2.0 * x.Rows * matrix.Inputs * matrix.Outputs;
        return Time("matrix products", () => inner.Multiply(x, matrix));
    }

    public Tensor GatherRows(Tensor table, ReadOnlySpan<int> indices)
    {
        var started = Stopwatch.GetTimestamp();
        var result = inner.GatherRows(table, indices);
        Note("gather", started);
        return result;
    }

    public Tensor GatherOutputs(Matrix matrix, ReadOnlySpan<int> outputs)
    {
        var started = Stopwatch.GetTimestamp();
        var result = inner.GatherOutputs(matrix, outputs);
        Note("gather", started);
        return result;
    }

    public void Copy(Tensor target, Tensor source) => Time("other", () => inner.Copy(target, source));

    public void Add(Tensor target, Tensor addend) => Time("elementwise", () => inner.Add(target, addend));

    public (Tensor Normalized, Tensor Scale) Normalize(Tensor x, Norm norm) => Time("norms", () => inner.Normalize(x, norm));

    public void NormalizeRuns(Tensor x, int size, Norm norm) => Time("norms", () => inner.NormalizeRuns(x, size, norm));

    public void SoftCap(Tensor x, float cap) => Time("activation", () => inner.SoftCap(x, cap));

    public void Activate(Tensor x, Activation activation) => Time("activation", () => inner.Activate(x, activation));

    public void ActivateGate(Tensor gate, Activation activation, Tensor linear) =>
        Time("activation", () => inner.ActivateGate(gate, activation, linear));

    public void Rotate(Tensor heads, int headSize, BatchShape batch, Rotary rotary) =>
        Time("rotary", () => inner.Rotate(heads, headSize, batch, rotary));

    public Tensor Attend(in AttentionInputs inputs, AttentionHooks hooks)
    {
        var captured = inputs;
        return Time(hooks.Scoring is null ? "attention" : "attention and scores", () => inner.Attend(captured, hooks));
    }

    public void DivideColumns(Tensor scores, Tensor scale) => Time("scores", () => inner.DivideColumns(scores, scale));

    public Tensor TokenLoss(Tensor x, Matrix unembed, ReadOnlySpan<int> targets, float? cap = null)
    {
        Operations += 2.0 * x.Rows * unembed.Inputs * unembed.Outputs;
        var started = Stopwatch.GetTimestamp();
        var result = inner.TokenLoss(x, unembed, targets, cap);
        Note("loss", started);
        return result;
    }

    public void Dispose() => inner.Dispose();

    sealed class TimedDownload(TimingBackend backend, IDownload download) : IDownload
    {
        public void Finish(RowReader reader)
        {
            var started = Stopwatch.GetTimestamp();
            download.Finish(reader);
            backend.Note("download", started);
        }

        public void Dispose() => download.Dispose();
    }

    void Time(string stage, Action action)
    {
        var started = Stopwatch.GetTimestamp();
        action();
        Note(stage, started);
    }

    T Time<T>(string stage, Func<T> action)
    {
        var started = Stopwatch.GetTimestamp();
        var result = action();
        Note(stage, started);
        return result;
    }

    void Note(string stage, long started)
    {
        Settle?.Invoke();
        _spent[stage] = _spent.GetValueOrDefault(stage) + Stopwatch.GetElapsedTime(started);
    }
}
