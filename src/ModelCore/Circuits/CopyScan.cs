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

    /// <summary>For each token the highest column, the first of equals: [d_vocab].</summary>
    public int[] Argmax()
    {
        var argmax = new int[vocabulary];
        var highest = new float[vocabulary];
        Array.Fill(highest, float.NegativeInfinity);
        var all = Enumerable.Range(0, vocabulary).ToArray();
        ForEachBlock(_ => all, (row, firstColumn, logits) =>
        {
            for (var j = 0; j < logits.Length; j++)
            {
                if (logits[j] > highest[row])
                    (highest[row], argmax[row]) = (logits[j], firstColumn + j);
            }
        });
        return argmax;
    }

    /// <summary>The share of tokens t that have t as their highest column: no column is higher, and none before it as high. Tokens of which t is NaN do not count.</summary>
    public double OwnArgmaxShare()
    {
        var own = OwnLogits();
        var beaten = Array.ConvertAll(own, float.IsNaN);
        var tokens = beaten.Count(isNaN => !isNaN);
        var remaining = Enumerable.Range(0, vocabulary).ToArray();
        ForEachBlock(_ => remaining = Array.FindAll(remaining, row => !beaten[row]), (row, firstColumn, logits) =>
        {
            for (var j = 0; j < logits.Length && !beaten[row]; j++)
                beaten[row] = logits[j] > own[row] || (logits[j] == own[row] && firstColumn + j < row);
        });
        return (double)beaten.Count(lost => !lost) / tokens;
    }

    /// <summary>The diagonal, by the same products as all else, so that a token never beats itself by rounding.</summary>
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
}
