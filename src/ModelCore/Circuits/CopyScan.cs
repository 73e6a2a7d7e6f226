using HeadScope.ModelCore.Compute;

namespace HeadScope.ModelCore.Circuits;

/// <summary>
/// The rows of one head's token-to-token matrix, <c>read[t] . written[j]</c> for every token t and j, a block of columns at a time.
/// </summary>
/// <param name="read">[d_vocab, d_head].</param>
/// <param name="written">[d_vocab, d_head].</param>
internal sealed class CopyScan(IBackend backend, float[] read, float[] written, int vocabulary, int size)
{
    const int ColumnBlock = 512;

    /// <summary>Rows multiplied at a time.</summary>
    const int RowBlock = 4096;

    readonly double[] _doubt = Doubt(read, written, vocabulary, size);

    /// <summary>For each token the highest column, the first of equals: [d_vocab].</summary>
    public int[] Argmax()
    {
        var argmax = new int[vocabulary];
        var highest = new float[vocabulary];
        var all = Enumerable.Range(0, vocabulary).ToArray();
        ForEachBlock(_ => all, (row, firstColumn, logits) =>
        {
            for (var j = 0; j < logits.Length; j++)
            {
                if (firstColumn + j == 0 || IsHigher(row, firstColumn + j, argmax[row], logits[j] - highest[row]))
                    (highest[row], argmax[row]) = (logits[j], firstColumn + j);
            }
        });
        return argmax;
    }

    /// <summary>
    /// The share of tokens t that have t as their highest column: no column is higher, and none before it as high. Tokens of which t is NaN
    /// do not count.
    /// </summary>
    public double OwnArgmaxShare()
    {
        var own = OwnLogits();
        var beaten = Array.ConvertAll(own, float.IsNaN);
        var tokens = beaten.Count(isNaN => !isNaN);
        var remaining = Enumerable.Range(0, vocabulary).ToArray();
        ForEachBlock(_ => remaining = Array.FindAll(remaining, row => !beaten[row]), (row, firstColumn, logits) =>
        {
            for (var j = 0; j < logits.Length && !beaten[row]; j++)
                beaten[row] = IsHigher(row, firstColumn + j, row, logits[j] - own[row]);
        });
        return (double)beaten.Count(lost => !lost) / tokens;
    }

    /// <summary>
    /// Whether a column is higher than another or, of equals, before it. Products of different shapes may differ by rounding even for
    /// equal columns; what is too near for them is computed in float64, so that every backend decides alike.
    /// </summary>
    /// <param name="lead">By how much the backend's products have it higher.</param>
    bool IsHigher(int row, int column, int than, float lead) =>
        !(lead < -_doubt[row]) && column != than && (lead > _doubt[row] || IsHigherInFloat64(row, column, than));

    bool IsHigherInFloat64(int row, int column, int than)
    {
        var (one, other) = (Dot(Of(read, row, size), Of(written, column, size)), Dot(Of(read, row, size), Of(written, than, size)));
        return one > other || (one == other && column < than);
    }

    /// <summary>The diagonal: [d_vocab].</summary>
    float[] OwnLogits()
    {
        var own = new float[vocabulary];
        ForEachBlock(
            firstColumn => [.. Enumerable.Range(firstColumn, Math.Min(ColumnBlock, vocabulary - firstColumn))],
            (row, firstColumn, logits) => own[row] = logits[row - firstColumn]);
        return own;
    }

    delegate void Visit(int row, int firstColumn, ReadOnlySpan<float> logits);

    void ForEachBlock(Func<int, int[]> rowsFor, Visit visit)
    {
        var buffer = new float[RowBlock * ColumnBlock];
        for (var firstColumn = 0; firstColumn < vocabulary; firstColumn += ColumnBlock)
        {
            var rows = rowsFor(firstColumn);
            if (rows.Length == 0)
                return;
            var columns = Math.Min(ColumnBlock, vocabulary - firstColumn);
            using var matrix = backend.Load(written.AsSpan(firstColumn * size, columns * size), size, columns, transposed: true);
            for (var first = 0; first < rows.Length; first += RowBlock)
            {
                var count = Math.Min(RowBlock, rows.Length - first);
                var x = new float[count * size];
                for (var i = 0; i < count; i++)
                    read.AsSpan(rows[first + i] * size, size).CopyTo(x.AsSpan(i * size));
                using var tensor = backend.Upload(x, count, size);
                using var logits = backend.Multiply(tensor, matrix);
                backend.Download(logits, buffer.AsSpan(0, count * columns));
                for (var i = 0; i < count; i++)
                    visit(rows[first + i], firstColumn, buffer.AsSpan(i * columns, columns));
            }
        }
    }

    /// <summary>What two sums of d_head products, each rounded to float32, may differ by for each row: [d_vocab].</summary>
    static double[] Doubt(float[] read, float[] written, int vocabulary, int size)
    {
        var longest = Enumerable.Range(0, vocabulary).Select(token => Length(written, token)).Where(double.IsFinite).DefaultIfEmpty().Max();
        return [.. Enumerable.Range(0, vocabulary).Select(token => Length(read, token) * longest * size * Math.ScaleB(1, -23))];

        double Length(float[] vectors, int token) => Math.Sqrt(Dot(Of(vectors, token, size), Of(vectors, token, size)));
    }

    static ReadOnlySpan<float> Of(float[] vectors, int token, int size) => vectors.AsSpan(token * size, size);

    static double Dot(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        var sum = 0.0;
        for (var i = 0; i < a.Length; i++)
            sum += (double)a[i] * b[i];
        return sum;
    }
}
