namespace HeadScope.ModelCore.Compute;

/// <summary>
/// Where tensors live and what is computed on them: the operations that the supported transformers and their scores are made of.
/// </summary>
/// <remarks>
/// A backend is used by one thread at a time; it may use many threads inside. Matrices loaded by one instance may be
/// multiplied by others of the same kind. Every element of a result depends only on the inputs of its
/// own sequence, so how sequences are grouped into batches cannot change it, save where a backend says otherwise.
/// </remarks>
public interface IBackend : IDisposable
{
    /// <summary>For people and manifests, such as <c>managed (AVX-512, 2 threads)</c>.</summary>
    string Description { get; }

    /// <summary>
    /// Whether calls return before all is computed, so that the next batch may be prepared and asked for while one is in work.
    /// </summary>
    bool RunsAhead => false;

    /// <summary>A new tensor with undefined contents.</summary>
    Tensor Allocate(int rows, int columns);

    /// <summary>A copy of <paramref name="values"/>, [rows, columns].</summary>
    Tensor Upload(ReadOnlySpan<float> values, int rows, int columns);

    /// <summary>Copies a tensor, [rows, columns], to <paramref name="destination"/>.</summary>
    void Download(Tensor tensor, Span<float> destination);

    /// <summary>
    /// Starts to copy a tensor as what was asked for so far leaves it; what is asked for afterwards is not waited for. The tensor must
    /// stay until the download is finished or disposed of.
    /// </summary>
    IDownload StartDownload(Tensor tensor) => new LateDownload(this, tensor);

    /// <summary>
    /// Makes a constant matrix of <paramref name="values"/>, [inputs, outputs], or [outputs, inputs] if <paramref name="transposed"/>.
    /// </summary>
    Matrix Load(ReadOnlySpan<float> values, int inputs, int outputs, ReadOnlySpan<float> bias = default, bool transposed = false);

    /// <summary>x W + b, [x.Rows, outputs].</summary>
    Tensor Multiply(Tensor x, Matrix matrix);

    /// <summary>[indices, table.Columns]: the table's rows at <paramref name="indices"/>.</summary>
    Tensor GatherRows(Tensor table, ReadOnlySpan<int> indices);

    /// <summary>[outputs.Length, inputs]: columns of W, without bias; a row of zeros where an index is negative.</summary>
    Tensor GatherOutputs(Matrix matrix, ReadOnlySpan<int> outputs);

    /// <summary>target = source; of a source of one row, every row gets it.</summary>
    void Copy(Tensor target, Tensor source);

    /// <summary>A new tensor of the same values.</summary>
    Tensor Clone(Tensor source)
    {
        var clone = Allocate(source.Rows, source.Columns);
        Copy(clone, source);
        return clone;
    }

    /// <summary>target += addend.</summary>
    void Add(Tensor target, Tensor addend);

    /// <summary>The normalised x, and what it was divided by, [x.Rows, 1].</summary>
    (Tensor Normalized, Tensor Scale) Normalize(Tensor x, Norm norm);

    /// <summary>
    /// Normalises in place each run of <paramref name="size"/> columns of x. Weight and bias are those of one run, [1, size], or of all of
    /// them, [1, x.Columns].
    /// </summary>
    void NormalizeRuns(Tensor x, int size, Norm norm);

    /// <summary>x = cap tanh(x / cap), in place: values of any size come to lie between -cap and cap.</summary>
    void SoftCap(Tensor x, float cap);

    /// <summary>Applies <paramref name="activation"/> in place.</summary>
    void Activate(Tensor x, Activation activation);

    /// <summary>gate = activation(gate) * linear, elementwise, as one pass.</summary>
    void ActivateGate(Tensor gate, Activation activation, Tensor linear);

    /// <summary>Turns heads, [batch * position, head * d_head], in place by their positions in their sequences.</summary>
    void Rotate(Tensor heads, int headSize, BatchShape batch, Rotary rotary);

    /// <summary>z = softmax(scale q kᵀ) v, [batch * dest, head * d_head], and whatever <paramref name="hooks"/> ask for.</summary>
    Tensor Attend(in AttentionInputs inputs, AttentionHooks hooks);

    /// <summary>Divides column n of <paramref name="scores"/>, [any, n], by row n of <paramref name="scale"/>, [n, 1].</summary>
    void DivideColumns(Tensor scores, Tensor scale);

    /// <summary>
    /// -log softmax(x W + b)[target], [x.Rows, 1], without materialising logits; 0 where the target is negative.
    /// </summary>
    /// <param name="cap">Where given, the logits go through <see cref="SoftCap"/> first.</param>
    Tensor TokenLoss(Tensor x, Matrix unembed, ReadOnlySpan<int> targets, float? cap = null);
}
