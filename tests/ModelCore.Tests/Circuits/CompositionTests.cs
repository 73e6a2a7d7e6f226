using HeadScope.Data.Weights;
using HeadScope.ModelCore.Circuits;
using HeadScope.ModelCore.Compute.Managed;
using HeadScope.ModelCore.Model;
using HeadScope.Tests.Support;
using MathNet.Numerics.LinearAlgebra;

namespace HeadScope.ModelCore.Tests.Circuits;

public sealed class CompositionTests : IDisposable
{
    readonly TemporaryFolder _folder = new();

    [Theory]
    [InlineData(4, 2)]
    [InlineData(3, 1)]
    [InlineData(2, 2)]
    public void Compute_GroupedQueries_IsTheRatioOfNorms(int heads, int keyValueHeads)
    {
        new RandomLlama { Layers = 3, Heads = heads, KeyValueHeads = keyValueHeads }.Write(_folder.File("model"), 1);
        using var weights = ModelWeights.Open(_folder.File("model"), WeightProcessing.Default);
        using var backend = new ManagedBackend();
        var scores = new CompositionScores(weights, backend).Compute();

        // Whole [d_model, d_model] circuits, in float64, each query head with its own copy of the keys and values it reads.
        int model = weights.Config.DModel, size = weights.Config.DHead, count = weights.Config.HeadCount;
        var circuits = new List<(Matrix<double> Ov, Matrix<double> Qk)>();
        for (var layer = 0; layer < weights.Config.NLayers; layer++)
        {
            var block = weights.ReadBlock(layer);
            for (var head = 0; head < heads; head++)
            {
                Matrix<double> Projection(float[] all, int index) =>
                    Matrix<double>.Build.Dense(model, size, (i, j) => all[(index * model + i) * size + j]);
                var shared = head * keyValueHeads / heads;
                var output = Matrix<double>.Build.Dense(size, model, (i, j) => block.WO[(head * size + i) * model + j]);
                circuits.Add(
                    (Projection(block.WV, shared) * output, Projection(block.WQ, head) * Projection(block.WK, shared).Transpose()));
            }
        }

        for (var writer = 0; writer < count; writer++)
        {
            for (var reader = 0; reader < count; reader++)
            {
                var (ov, readers) = (circuits[writer].Ov, circuits[reader]);
                foreach (var (kind, input) in new[] { (Composition.Q, readers.Qk), (Composition.K, readers.Qk.Transpose()), (Composition.V, readers.Ov) })
                {
                    var expected = writer / heads < reader / heads ? (ov * input)
                        .FrobeniusNorm() / (ov.FrobeniusNorm() * input.FrobeniusNorm()) : 0;
                    Assert.Equal(expected, scores[(int)kind, writer, reader], 1e-6);
                }
            }
        }
    }

    public void Dispose() => _folder.Dispose();
}
