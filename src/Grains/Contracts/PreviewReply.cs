using HeadScope.Jobs.Status;
using HeadScope.ModelCore.Model;

namespace HeadScope.Grains.Contracts;

/// <summary>A <see cref="JobPreview"/> as it travels.</summary>
/// <param name="HeadsPerLayer">How many heads a layer has.</param>
/// <param name="Values">[layer, head, score].</param>
[GenerateSerializer, Immutable, Alias("HeadScope.PreviewReply")]
public sealed record PreviewReply(
    [property: Id(0)] int Rows, [property: Id(1)] double Quantile, [property: Id(2)] int HeadsPerLayer, [property: Id(3)] float[] Values,
    [property: Id(4)] string[] Scores, [property: Id(5)] string Headline)
{
    public static PreviewReply Of(JobPreview preview, int headsPerLayer) => new(
        preview.Rows, preview.Quantile, headsPerLayer, [.. preview.Heads.SelectMany(head => head.Values)], [.. preview.Scores],
        preview.Headline);

    public JobPreview ToPreview() => new(Rows, Quantile, Scores, Headline,
    [
        .. Values.Chunk(Scores.Length).Select((values, head) =>
        {
            int layer = head / HeadsPerLayer, inLayer = head % HeadsPerLayer;
            return new HeadPreview(layer, inLayer, ModelConfig.HeadLabel(layer, inLayer), values);
        }),
    ]);
}
