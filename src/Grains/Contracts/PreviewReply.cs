using HeadScope.Jobs.Status;
using HeadScope.ModelCore.Model;

namespace HeadScope.Grains.Contracts;

/// <summary>A <see cref="JobPreview"/> as it travels.</summary>
/// <param name="HeadsPerLayer">How many heads a layer has.</param>
/// <param name="Scores">[layer, head, score], with head_dla, mover_attn, mover_dla and dla_ratio as scores.</param>
[GenerateSerializer, Immutable, Alias("HeadScope.PreviewReply")]
public sealed record PreviewReply([property: Id(0)] int Rows, [property: Id(1)] double Quantile, [property: Id(2)] int HeadsPerLayer, [property: Id(3)] float[] Scores)
{
    const int ScoresPerHead = 4;

    public static PreviewReply Of(JobPreview preview, int headsPerLayer) => new(
        preview.Rows, preview.Quantile, headsPerLayer,
        [.. preview.Heads.SelectMany(head => new[] { head.HeadDla, head.MoverAttn, head.MoverDla, head.DlaRatio })]);

    public JobPreview ToPreview() => new(Rows, Quantile,
    [
        .. Scores.Chunk(ScoresPerHead).Select((scores, head) =>
        {
            int layer = head / HeadsPerLayer, inLayer = head % HeadsPerLayer;
            return new HeadPreview(layer, inLayer, ModelConfig.HeadLabel(layer, inLayer), scores[0], scores[1], scores[2], scores[3]);
        }),
    ]);
}
