using HeadScope.ModelCore.Compute;
using HeadScope.ModelCore.Model;

namespace HeadScope.ModelCore.Scoring;

/// <summary>
/// The mean of each head's z over a sample of sequences and all their positions: what <see cref="Scores.AblationMean"/> puts in its place.
/// </summary>
public sealed class MeanActivations
{
    readonly double[][] _sums; // [layer][head * d_head]
    long _positions;

    /// <param name="layers">Layers of the model.</param>
    /// <param name="width">Heads of a layer times d_head.</param>
    public MeanActivations(int layers, int width) => _sums = [.. Enumerable.Range(0, layers).Select(_ => new double[width])];

    /// <summary>A layer's mean z, [head * d_head].</summary>
    public float[] this[int layer] => [.. _sums[layer].Select(sum => (float)(sum / _positions))];

    /// <summary>Adds a batch, position by position: the same sums however sequences are grouped into batches.</summary>
    /// <param name="tokens">[batch * position].</param>
    public void Add(Transformer model, IBackend backend, ReadOnlySpan<int> tokens, BatchShape batch)
    {
        using var pass = model.Begin(backend, tokens, batch);
        while (!pass.IsAtEnd)
        {
            var sums = _sums[pass.Layer];
            using var z = pass.Attend();
            using var download = backend.StartDownload(z);
            download.Finish((_, row) =>
            {
                for (var i = 0; i < sums.Length; i++)
                    sums[i] += row[i];
            });
            pass.AddAttention(z);
        }

        _positions += batch.Positions;
    }
}
