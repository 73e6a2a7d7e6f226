using HeadScope.ModelCore.Compute;
using HeadScope.ModelCore.Model;
using MathNet.Numerics.LinearAlgebra;

namespace HeadScope.ModelCore.Circuits;

/// <summary>Through which of its inputs a head may read what another wrote.</summary>
public enum Composition
{
    Q,
    K,
    V,
}

/// <summary>
/// How strongly heads of later layers read what heads of earlier layers write: |W_OV W_in|_F / (|W_OV|_F |W_in|_F), where W_in is
/// W_QK, its transpose, or W_OV of the reader. Elhage et al., "A Mathematical Framework for Transformer Circuits" (2021),
/// "Composition"; TransformerLens's <c>all_composition_scores</c>.
/// </summary>
/// <remarks>
/// No product of d_model x d_model is formed: |A M B|_F² = tr((AᵀA) M (B Bᵀ) Mᵀ), with M = W_O W_Q (or W_K, W_V) of d_head x d_head.
/// Where a norm follows attention, W_O has its weight.
/// </remarks>
public sealed class CompositionScores(IModelWeights weights, IBackend backend)
{
    readonly ModelConfig _config = weights.Config;

    /// <summary>Scores [kind, writer, reader], heads numbered layer-major; zero unless the writer's layer is below the reader's.</summary>
    public float[,,] Compute()
    {
        int count = _config.HeadCount, heads = _config.NHeads, size = _config.DHead;
        var blocks = Enumerable.Range(0, _config.NLayers).Select(layer => Factor(weights.ReadBlock(layer))).ToArray();
        var scores = new float[3, count, count];
        for (var writerLayer = 0; writerLayer < _config.NLayers; writerLayer++)
        {
            var writers = blocks[writerLayer];
            using var written = backend.Upload(writers.Output, heads * size, _config.DModel);
            for (var readerLayer = writerLayer + 1; readerLayer < _config.NLayers; readerLayer++)
            {
                for (var kind = Composition.Q; kind <= Composition.V; kind++)
                {
                    var readers = blocks[readerLayer].Readers[(int)kind];
                    using var read = backend.Load(readers.Input, _config.DModel, heads * size);
                    using var product = backend.Multiply(written, read); // [writer * d_head, reader * d_head]
                    var values = new float[heads * size * heads * size];
                    backend.Download(product, values);
                    for (var writer = 0; writer < heads; writer++)
                    {
                        for (var reader = 0; reader < heads; reader++)
                        {
                            var middle = Matrix<double>.Build.Dense(
                                size, size, (i, j) => values[((writer * size + i) * heads + reader) * size + j]);
                            var norm = Math.Sqrt(
                                Math.Max(0, (writers.Gram[writer] * middle * readers.Gram[reader] * middle.Transpose()).Trace()));
                            scores[(int)kind, writerLayer * heads + writer, readerLayer * heads + reader] = (float)(norm / (writers.Norm[writer] * readers.Norm[reader]));
                        }
                    }
                }
            }
        }

        return scores;
    }

    /// <summary>A layer's OV as what is written by way of d_head, and its inputs as what is read by way of d_head.</summary>
    /// <param name="Output">W_O, [head * d_head, d_model].</param>
    /// <param name="Gram">W_VᵀW_V of each head.</param>
    /// <param name="Norm">|W_V W_O|_F of each head.</param>
    sealed record Layer(float[] Output, Matrix<double>[] Gram, double[] Norm, Reader[] Readers);

    /// <param name="Input">What multiplies the residual stream, [d_model, head * d_head].</param>
    /// <param name="Gram">B Bᵀ of each head, where the whole is Input B.</param>
    /// <param name="Norm">|Input B|_F of each head.</param>
    sealed record Reader(float[] Input, Matrix<double>[] Gram, double[] Norm);

    Layer Factor(BlockWeights block)
    {
        var heads = Enumerable.Range(0, _config.NHeads).ToArray();
        var query = Array.ConvertAll(heads, head => Projection(block.WQ, head));
        var key = Array.ConvertAll(heads, head => Projection(block.WK, _config.Heads.KeyValueHeadOf(head)));
        var value = Array.ConvertAll(heads, head => Projection(block.WV, _config.Heads.KeyValueHeadOf(head)));
        var writing = block.WritingWeights();
        var output = Array.ConvertAll(heads, head => Matrix<double>.Build.Dense(
            _config.DHead, _config.DModel, (i, j) => writing[(head * _config.DHead + i) * _config.DModel + j]));
        var valueGram = Array.ConvertAll(value, v => v.TransposeThisAndMultiply(v));
        var outputGram = Array.ConvertAll(output, o => o.TransposeAndMultiply(o));
        var queryGram = Array.ConvertAll(query, q => q.TransposeThisAndMultiply(q));
        var keyGram = Array.ConvertAll(key, k => k.TransposeThisAndMultiply(k));
        var ov = Array.ConvertAll(heads, head => Math.Sqrt((valueGram[head] * outputGram[head]).Trace()));
        var qk = Array.ConvertAll(heads, head => Math.Sqrt((queryGram[head] * keyGram[head]).Trace()));
        return new Layer(writing, valueGram, ov,
        [
            new Reader(SideBySide(query), keyGram, qk),
            new Reader(SideBySide(key), queryGram, qk),
            new Reader(SideBySide(value), outputGram, ov),
        ]);
    }

    /// <summary>[d_model, d_head] of a head.</summary>
    Matrix<double> Projection(float[] projections, int head) => Matrix<double>.Build.Dense(
        _config.DModel, _config.DHead, (i, j) => projections[(head * _config.DModel + i) * _config.DHead + j]);

    float[] SideBySide(Matrix<double>[] parts)
    {
        var size = _config.DHead;
        var width = parts.Length * size;
        var values = new float[_config.DModel * width];
        for (var i = 0; i < values.Length; i++)
            values[i] = (float)parts[i % width / size][i / width, i % width % size];
        return values;
    }
}
