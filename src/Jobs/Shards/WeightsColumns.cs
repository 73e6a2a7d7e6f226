using HeadScope.Jobs.Store;
using HeadScope.ModelCore.Circuits;
using HeadScope.ModelCore.Compute;
using HeadScope.ModelCore.Model;

namespace HeadScope.Jobs.Shards;

/// <summary>The columns of the head frame that need no dataset, each [layer * head].</summary>
public sealed record WeightsColumns(float[] Induction, float[] EigenvalsVocab, float[] EigenvalsResid, float[] FracCopyArgmax)
{
    /// <summary>Those of a job, as a worker left them.</summary>
    /// <exception cref="InvalidDataException">They are missing or damaged; the message says what to do.</exception>
    public static async Task<WeightsColumns> ReadAsync(IBlobStore store, JobFolder folder, int heads, CancellationToken cancellation)
    {
        var name = folder.WeightsColumns;
        try
        {
            await foreach (var blob in store.ListAsync(name, cancellation).ConfigureAwait(false))
            {
                if (blob.Name == name && blob.Length > IBlobStore.MostBytes)
                    throw new InvalidDataException(
                        $"{name}: it has {blob.Length:N0} bytes, where at most {IBlobStore.MostBytes:N0} are possible.");
            }

            if (await store.TryReadAsync(name, cancellation).ConfigureAwait(false) is not { } json)
                throw new InvalidDataException($"{name}: the columns of the weights are missing.");
            var columns = JobJson.Read<WeightsColumns>(json, name);
            return new[] { columns.Induction, columns.EigenvalsVocab, columns.EigenvalsResid, columns.FracCopyArgmax }.All(column => column.Length == heads)
                ? columns
                : throw new InvalidDataException($"{name}: a column has not one number for each of the {heads} heads.");
        }
        catch (InvalidDataException e)
        {
            throw new InvalidDataException($"{e.Message} Delete the blob to have the columns of the weights computed again.", e);
        }
    }

    /// <param name="inductionTokens">Rows [BOS, r, r].</param>
    public static WeightsColumns Compute(IModelWeights weights, Transformer model, IBackend backend, int[][] inductionTokens)
    {
        var context = inductionTokens[0].Length;
        var induction = new AttentionStatistics(model, backend)
            .Induction(
                inductionTokens.SelectMany(row => row).ToArray(), new BatchShape(inductionTokens.Length, context), (context - 1) / 2);
        var circuits = new OvCircuits(weights, model, backend);
        return new WeightsColumns(
            induction,
            [.. circuits.VocabularyEigenvalues().Select(OvCircuits.Score)],
            [.. circuits.ResidualEigenvalues().Select(OvCircuits.Score)],
            [.. circuits.CopyShare().Select(share => (float)share)]);
    }
}
