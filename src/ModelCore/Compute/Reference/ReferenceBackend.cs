namespace HeadScope.ModelCore.Compute.Reference;

/// <summary>
/// Every operation as its formula reads, one number at a time, in float64 from the first to the last: the nearest thing to the truth.
/// What the fast backends are tested against; too slow for anything else.
/// </summary>
public sealed class ReferenceBackend : IBackend
{
    public string Description => "reference (float64 loops)";

    public Tensor Allocate(int rows, int columns) => new Values(rows, columns);

    public Tensor Upload(ReadOnlySpan<float> values, int rows, int columns)
    {
        var tensor = new Values(rows, columns);
        for (var i = 0; i < values.Length; i++)
            tensor.Data[i] = values[i];
        return tensor;
    }

    public void Download(Tensor tensor, Span<float> destination)
    {
        for (var i = 0; i < tensor.Rows; i++)
        {
            for (var j = 0; j < tensor.Columns; j++)
                destination[i * tensor.Columns + j] = (float)((Values)tensor)[i, j];
        }
    }

    public Matrix Load(ReadOnlySpan<float> values, int inputs, int outputs, ReadOnlySpan<float> bias = default, bool transposed = false)
    {
        var matrix = new Weights(inputs, outputs);
        for (var i = 0; i < inputs; i++)
        {
            for (var j = 0; j < outputs; j++)
                matrix.W[i, j] = transposed ? values[j * inputs + i] : values[i * outputs + j];
        }

        for (var j = 0; j < bias.Length; j++)
            matrix.Bias[j] = bias[j];
        return matrix;
    }

    public Tensor Multiply(Tensor x, Matrix matrix)
    {
        var w = (Weights)matrix;
        return Fill(x.Rows, w.Outputs, (i, j) => Product((Values)x, i, w, j));
    }

    public Tensor GatherRows(Tensor table, ReadOnlySpan<int> indices)
    {
        var rows = indices.ToArray();
        return Fill(rows.Length, table.Columns, (i, j) => ((Values)table)[rows[i], j]);
    }

    public Tensor GatherOutputs(Matrix matrix, ReadOnlySpan<int> outputs)
    {
        var columns = outputs.ToArray();
        return Fill(columns.Length, matrix.Inputs, (i, j) => columns[i] < 0 ? 0 : ((Weights)matrix).W[j, columns[i]]);
    }

    public void Copy(Tensor target, Tensor source) => Update(target, (i, j, _) => ((Values)source)[source.Rows == 1 ? 0 : i, j]);

    public void Add(Tensor target, Tensor addend) => Update(target, (i, j, x) => x + ((Values)addend)[i, j]);

    public (Tensor Normalized, Tensor Scale) Normalize(Tensor x, Norm norm)
    {
        var source = (Values)x;
        var count = x.Columns;
        var mean = new double[x.Rows];
        var scale = new double[x.Rows];
        for (var i = 0; i < x.Rows; i++)
        {
            if (norm.Kind == NormKind.LayerNorm)
                mean[i] = Enumerable.Range(0, count).Sum(j => source[i, j]) / count;
            var variance = Enumerable.Range(0, count).Sum(j => (source[i, j] - mean[i]) * (source[i, j] - mean[i])) / count;
            scale[i] = Math.Sqrt(variance + norm.Epsilon);
        }

        var weight = (Values?)norm.Weight;
        var bias = (Values?)norm.Bias;
        var normalized = Fill(x.Rows, count, (i, j) => (source[i, j] - mean[i]) / scale[i] * (weight?[0, j] ?? 1) + (bias?[0, j] ?? 0));
        return (normalized, Fill(x.Rows, 1, (i, _) => scale[i]));
    }

    public void NormalizeRuns(Tensor x, int size, Norm norm)
    {
        for (var start = 0; start < x.Columns; start += size)
        {
            var run = x.SliceColumns(start, size);
            var (weight, bias) = (OfRun(norm.Weight), OfRun(norm.Bias));
            Copy(run, Normalize(run, norm with { Weight = weight, Bias = bias }).Normalized);

            Tensor? OfRun(Tensor? parameter) => parameter?.SliceColumns(parameter.Columns == size ? 0 : start, size);
        }
    }

    public void SoftCap(Tensor x, float cap) => Update(x, (_, _, v) => Capped(v, cap));

    public void Activate(Tensor x, Activation activation) => Update(x, (_, _, v) => Activated(v, activation));

    public void ActivateGate(Tensor gate, Activation activation, Tensor linear) =>
        Update(gate, (i, j, v) => Activated(v, activation) * ((Values)linear)[i, j]);

    public void Rotate(Tensor heads, int headSize, BatchShape batch, Rotary rotary)
    {
        var target = (Values)heads;
        var half = rotary.Dimensions / 2;
        var tables = rotary.Tables(batch.Context);
        for (var row = 0; row < heads.Rows; row++)
        {
            for (var head = 0; head < heads.Columns; head += headSize)
            {
                for (var i = 0; i < half; i++)
                {
                    var angle = row % batch.Context * half + i;
                    double cosine = tables.Cosines[angle], sine = tables.Sines[angle];
                    var (first, second) = rotary.AdjacentPairs ? (head + 2 * i, head + 2 * i + 1) : (head + i, head + half + i);
                    double x = target[row, first], y = target[row, second];
                    target[row, first] = x * cosine - y * sine;
                    target[row, second] = y * cosine + x * sine;
                }
            }
        }
    }

    public Tensor Attend(in AttentionInputs inputs, AttentionHooks hooks)
    {
        var (batch, heads) = (inputs.Batch, inputs.Heads);
        var z = new Values(batch.Positions, heads.Heads * heads.DHead); // [batch * dest, head * d_head]
        for (var sequence = 0; sequence < batch.Sequences; sequence++)
        {
            for (var head = 0; head < heads.Heads; head++)
            {
                for (var destination = 0; destination < batch.Context; destination++)
                    ReferenceAttention.Attend(inputs, hooks, new AttentionPlace(sequence, head, destination), z);
            }
        }

        return z;
    }

    public void DivideColumns(Tensor scores, Tensor scale) => Update(scores, (_, j, x) => x / ((Values)scale)[j, 0]);

    public Tensor TokenLoss(Tensor x, Matrix unembed, ReadOnlySpan<int> targets, float? cap = null)
    {
        var wanted = targets.ToArray();
        return Fill(x.Rows, 1, (i, _) =>
        {
            if (wanted[i] < 0)
                return 0;
            var logits = Enumerable.Range(0, unembed.Outputs)
                .Select(j => Capped(Product((Values)x, i, (Weights)unembed, j), cap)).ToArray();
            var max = logits.Max();
            return max + Math.Log(logits.Sum(l => Math.Exp(l - max))) - logits[wanted[i]];
        });
    }

    public void Dispose()
    {
    }

    /// <summary>cap tanh(v / cap); v where there is no cap.</summary>
    internal static double Capped(double v, float? cap) => cap is { } most ? most * Math.Tanh(v / most) : v;

    static double Activated(double v, Activation activation) => activation switch
    {
        Activation.Gelu => v * 0.5 * MathNet.Numerics.SpecialFunctions.Erfc(-v / Math.Sqrt(2)),
        Activation.GeluNew => 0.5 * v * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (v + 0.044715 * v * v * v))),
        Activation.Relu => Math.Max(v, 0),
        Activation.Silu => v / (1 + Math.Exp(-v)),
        _ => throw new ArgumentOutOfRangeException(nameof(activation), activation, null),
    };

    static double Product(Values x, int row, Weights w, int output)
    {
        var sum = w.Bias[output];
        for (var k = 0; k < w.Inputs; k++)
            sum += x[row, k] * w.W[k, output];
        return sum;
    }

    static Values Fill(int rows, int columns, Func<int, int, double> value)
    {
        var result = new Values(rows, columns);
        for (var i = 0; i < rows; i++)
        {
            for (var j = 0; j < columns; j++)
                result[i, j] = value(i, j);
        }

        return result;
    }

    static void Update(Tensor tensor, Func<int, int, double, double> value)
    {
        var target = (Values)tensor;
        for (var i = 0; i < target.Rows; i++)
        {
            for (var j = 0; j < target.Columns; j++)
                target[i, j] = value(i, j, target[i, j]);
        }
    }

    internal sealed class Values(double[] data, int offset, int stride, int rows, int columns) : Tensor(rows, columns)
    {
        public Values(int rows, int columns)
            : this(new double[rows * columns], 0, columns, rows, columns)
        {
        }

        public double[] Data => data;

        public double this[int row, int column]
        {
            get => data[offset + row * stride + column];
            set => data[offset + row * stride + column] = value;
        }

        public override Tensor SliceColumns(int start, int count) => new Values(data, offset + start, stride, Rows, count);

        public override Tensor SliceRows(int start, int count) => new Values(data, offset + start * stride, stride, count, Columns);

        public override void Dispose()
        {
        }
    }

    sealed class Weights(int inputs, int outputs) : Matrix(inputs, outputs)
    {
        public double[,] W { get; } = new double[inputs, outputs];

        public double[] Bias { get; } = new double[outputs];

        public override void Dispose()
        {
        }
    }
}
