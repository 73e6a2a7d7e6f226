using System.Numerics;
using HeadScope.ModelCore.Compute;
using HeadScope.ModelCore.Model;
using MathNet.Numerics.LinearAlgebra;

namespace HeadScope.ModelCore.Circuits;

/// <summary>
/// What heads copy, read off their weights: eigenvalues of the OV circuit, in the residual stream and from token to token, and the
/// share of tokens that a head would copy. Every product is kept in a form of d_head x d_head or one block of tokens; nothing is
/// d_vocab x d_vocab.
/// </summary>
/// <remarks>
/// Eigenvalue scores: Elhage et al., "A Mathematical Framework for Transformer Circuits" (2021), "Summarizing OV/QK matrices".
/// Eigenvalues of A B are those of B A (and zeros), so W_V W_O is reduced to W_O W_V, and E W_V W_O W_U to W_O (W_U E) W_V.
/// E = W_E + mlp0(ln2(W_E)): tokens as they are after the first MLP. Where a norm follows attention, W_O has its weight.
/// </remarks>
public sealed class OvCircuits(IModelWeights weights, Transformer transformer, IBackend backend)
{
    /// <summary>Tokens handled at a time.</summary>
    const int TokenBlock = 512;

    readonly ModelConfig _config = transformer.Config;

    /// <summary>The eigenvalues of each head's W_V W_O: [layer * head][d_head], the non-trivial ones, in no particular order.</summary>
    public Complex[][] ResidualEigenvalues()
    {
        var eigenvalues = new Complex[_config.HeadCount][];
        for (var layer = 0; layer < _config.NLayers; layer++)
        {
            var block = weights.ReadBlock(layer);
            var writing = block.WritingWeights();
            for (var head = 0; head < _config.NHeads; head++)
                eigenvalues[layer * _config.NHeads + head] = Eigenvalues(OutputOf(writing, head) * ValueOf(block, head));
        }

        return eigenvalues;
    }

    /// <summary>The eigenvalues of each head's E W_V W_O W_U: [layer * head][d_head].</summary>
    public Complex[][] VocabularyEigenvalues()
    {
        int model = _config.DModel, size = _config.DHead, heads = _config.NHeads;
        using var unembedEmbed = backend.Load(UnembedTimesEmbedding(), model, model);
        var eigenvalues = new Complex[_config.HeadCount][];
        var product = new float[heads * size * model];
        for (var layer = 0; layer < _config.NLayers; layer++)
        {
            var block = weights.ReadBlock(layer);
            using var output = backend.Upload(block.WritingWeights(), heads * size, model);
            using var through = backend.Multiply(output, unembedEmbed);
            backend.Download(through, product);
            for (var head = 0; head < heads; head++)
            {
                var left = Matrix<double>.Build.Dense(size, model, (i, j) => product[(head * size + i) * model + j]);
                eigenvalues[layer * heads + head] = Eigenvalues(left * ValueOf(block, head));
            }
        }

        return eigenvalues;
    }

    /// <summary>
    /// Re(sum of eigenvalues) / sum of their magnitudes, from -1 (all negative) to 1 (all positive: copying). NaN where one is NaN.
    /// </summary>
    public static float Score(IEnumerable<Complex> eigenvalues)
    {
        double sum = 0, magnitudes = 0;
        foreach (var eigenvalue in eigenvalues)
        {
            sum += eigenvalue.Real;
            magnitudes += eigenvalue.Magnitude;
        }

        return (float)(sum / magnitudes);
    }

    /// <summary>For each head and token t, the token whose logit E[t] W_V W_O W_U is highest: [layer * head][d_vocab].</summary>
    public int[][] CopyArgmax()
    {
        var argmax = new int[_config.HeadCount][];
        ForEachHead((index, scan) => argmax[index] = scan.Argmax());
        return argmax;
    }

    /// <summary>
    /// For each head, the share of tokens that are their own <see cref="CopyArgmax"/>: [layer * head]. Tokens drop out as soon as
    /// another beats them, so that a head which copies little costs little. Of the tokens whose own logit is a number; NaN where there are
    /// none.
    /// </summary>
    public double[] CopyShare()
    {
        var shares = new double[_config.HeadCount];
        ForEachHead((index, scan) => shares[index] = scan.OwnArgmaxShare());
        return shares;
    }

    void ForEachHead(Action<int, CopyScan> visit)
    {
        int model = _config.DModel, size = _config.DHead, heads = _config.NHeads, vocabulary = _config.DVocab;
        for (var layer = 0; layer < _config.NLayers; layer++)
        {
            var block = weights.ReadBlock(layer);
            using var values = backend.Load(SideBySide(block), model, heads * size);
            using var outputs = backend.Load(block.WritingWeights(), model, heads * size, transposed: true);
            var read = new float[(long)vocabulary * heads * size]; // E W_V: [token, head * d_head]
            var written = new float[(long)vocabulary * heads * size]; // (W_O W_U) by token: [token, head * d_head]
            for (var first = 0; first < vocabulary; first += TokenBlock)
            {
                var count = Math.Min(TokenBlock, vocabulary - first);
                var part = (int)((long)count * heads * size);
                var start = (int)((long)first * heads * size);
                using var embedded = transformer.PostMlpEmbedding(backend, first, count);
                using var valued = backend.Multiply(embedded, values);
                backend.Download(valued, read.AsSpan(start, part));
                using var unembedded = backend.GatherOutputs(transformer.Unembed, [.. Enumerable.Range(first, count)]);
                using var directions = backend.Multiply(unembedded, outputs);
                backend.Download(directions, written.AsSpan(start, part));
            }

            for (var head = 0; head < heads; head++)
                visit(layer * heads + head, new CopyScan(backend, Columns(read, head), Columns(written, head), vocabulary, size));
        }

        float[] Columns(float[] all, int head)
        {
            var columns = new float[vocabulary * size];
            for (var token = 0; token < vocabulary; token++)
                all.AsSpan((token * heads + head) * size, size).CopyTo(columns.AsSpan(token * size));
            return columns;
        }
    }

    /// <summary>W_U E, [d_model, d_model]: tokens summed in blocks, blocks in float64.</summary>
    float[] UnembedTimesEmbedding()
    {
        var model = _config.DModel;
        var sum = new double[model * model];
        var part = new float[model * model];
        for (var first = 0; first < _config.DVocab; first += TokenBlock)
        {
            var count = Math.Min(TokenBlock, _config.DVocab - first);
            using var embedded = transformer.PostMlpEmbedding(backend, first, count);
            var embeddedValues = new float[count * model];
            backend.Download(embedded, embeddedValues);
            using var right = backend.Load(embeddedValues, count, model);

            using var unembedded = backend.GatherOutputs(transformer.Unembed, [.. Enumerable.Range(first, count)]);
            var byToken = new float[count * model];
            backend.Download(unembedded, byToken);
            var byFeature = new float[count * model];
            Transposition.Into(byToken, count, model, byFeature);
            using var left = backend.Upload(byFeature, model, count);

            using var product = backend.Multiply(left, right);
            backend.Download(product, part);
            for (var i = 0; i < sum.Length; i++)
                sum[i] += part[i];
        }

        return Array.ConvertAll(sum, value => (float)value);
    }

    /// <summary>W_V of the heads side by side, each query head with the values it reads: [d_model, head * d_head].</summary>
    float[] SideBySide(BlockWeights block)
    {
        int model = _config.DModel, size = _config.DHead, width = _config.NHeads * size;
        var values = new float[model * width];
        for (var head = 0; head < _config.NHeads; head++)
        {
            for (var d = 0; d < model; d++)
                block.WV.AsSpan((_config.Heads.KeyValueHeadOf(head) * model + d) * size, size)
                    .CopyTo(values.AsSpan(d * width + head * size));
        }

        return values;
    }

    /// <summary>W_O of a head, [d_head, d_model].</summary>
    /// <param name="writing">[head, d_head, d_model].</param>
    Matrix<double> OutputOf(float[] writing, int head) => Matrix<double>.Build.Dense(
        _config.DHead, _config.DModel, (i, j) => writing[(head * _config.DHead + i) * _config.DModel + j]);

    /// <summary>W_V of a head, [d_model, d_head].</summary>
    Matrix<double> ValueOf(BlockWeights block, int head) => Matrix<double>.Build.Dense(
        _config.DModel, _config.DHead, (i, j) => block.WV[(_config.Heads.KeyValueHeadOf(head) * _config.DModel + i) * _config.DHead + j]);

    /// <summary>NaN where the matrix is not finite, on which the decomposition would not converge.</summary>
    static Complex[] Eigenvalues(Matrix<double> matrix) => matrix.Exists(value => !double.IsFinite(value))
        ? [.. Enumerable.Repeat(Complex.NaN, matrix.RowCount)]
        : [.. matrix.Evd().EigenValues];
}
