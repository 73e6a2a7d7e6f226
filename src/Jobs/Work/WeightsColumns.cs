using HeadScope.ModelCore.Circuits;
using HeadScope.ModelCore.Compute;
using HeadScope.ModelCore.Model;
using HeadScope.ModelCore.Weights;

namespace HeadScope.Jobs.Work;

/// <summary>The columns of the head frame that need no dataset, each [layer * head].</summary>
public sealed record WeightsColumns(float[] Induction, float[] EigenvalsVocab, float[] EigenvalsResid, float[] FracCopyArgmax)
{
    /// <param name="inductionTokens">Rows [BOS, r, r].</param>
    public static WeightsColumns Compute(ModelWeights weights, Transformer model, IBackend backend, int[][] inductionTokens)
    {
        var context = inductionTokens[0].Length;
        var induction = new AttentionStatistics(model, backend)
            .Induction(inductionTokens.SelectMany(row => row).ToArray(), new BatchShape(inductionTokens.Length, context), (context - 1) / 2);
        var circuits = new OvCircuits(weights, model, backend);
        return new WeightsColumns(
            induction,
            [.. circuits.VocabularyEigenvalues().Select(OvCircuits.Score)],
            [.. circuits.ResidualEigenvalues().Select(OvCircuits.Score)],
            [.. circuits.CopyShare().Select(share => (float)share)]);
    }
}
