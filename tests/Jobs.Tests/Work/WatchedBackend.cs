using HeadScope.ModelCore.Compute;

namespace HeadScope.Jobs.Tests.Work;

/// <summary>Passes everything on, and tells of each operation before it starts.</summary>
internal sealed class WatchedBackend(IBackend inner, Action operation) : IBackend
{
    public string Description => inner.Description;

    public bool RunsAhead => inner.RunsAhead;

    IBackend Inner
    {
        get
        {
            operation();
            return inner;
        }
    }

    public Tensor Allocate(int rows, int columns) => Inner.Allocate(rows, columns);

    public Tensor Upload(ReadOnlySpan<float> values, int rows, int columns) => Inner.Upload(values, rows, columns);

    public void Download(Tensor tensor, Span<float> destination) => Inner.Download(tensor, destination);

    public IDownload StartDownload(Tensor tensor) => Inner.StartDownload(tensor);

    public Matrix Load(ReadOnlySpan<float> values, int inputs, int outputs, ReadOnlySpan<float> bias = default, bool transposed = false) =>
        Inner.Load(values, inputs, outputs, bias, transposed);

    public Tensor Multiply(Tensor x, Matrix matrix) => Inner.Multiply(x, matrix);

    public Tensor GatherRows(Tensor table, ReadOnlySpan<int> indices) => Inner.GatherRows(table, indices);

    public Tensor GatherOutputs(Matrix matrix, ReadOnlySpan<int> outputs) => Inner.GatherOutputs(matrix, outputs);

    public void Copy(Tensor target, Tensor source) => Inner.Copy(target, source);

    public void Add(Tensor target, Tensor addend) => Inner.Add(target, addend);

    public (Tensor Normalized, Tensor Scale) Normalize(Tensor x, Norm norm) => Inner.Normalize(x, norm);

    public void Activate(Tensor x, Activation activation) => Inner.Activate(x, activation);

    public void ActivateGate(Tensor gate, Activation activation, Tensor linear) => Inner.ActivateGate(gate, activation, linear);

    public void Rotate(Tensor heads, int headSize, BatchShape batch, Rotary rotary) => Inner.Rotate(heads, headSize, batch, rotary);

    public Tensor Attend(in AttentionInputs inputs, AttentionHooks hooks) => Inner.Attend(inputs, hooks);

    public void DivideColumns(Tensor scores, Tensor scale) => Inner.DivideColumns(scores, scale);

    public Tensor TokenLoss(Tensor x, Matrix unembed, ReadOnlySpan<int> targets, float? cap = null) =>
        Inner.TokenLoss(x, unembed, targets, cap);

    public void NormalizeRuns(Tensor x, int size, Norm norm) => Inner.NormalizeRuns(x, size, norm);

    public void SoftCap(Tensor x, float cap) => Inner.SoftCap(x, cap);

    public void Dispose() => inner.Dispose();
}
