using HeadScope.ModelCore.Compute;
using HeadScope.ModelCore.Model;

namespace HeadScope.ModelCore.Circuits;

/// <summary>
/// The source that each head attends to most from each predicting position, counting the first token or leaving it out.
/// All arrays are [layer, head, batch, position - 1].
/// </summary>
/// <remarks>Seed notebook 002, <c>max_prev_attended_to_token</c>: without the first token, destination 0 has the source 0 and the maximum
/// 0.</remarks>
public sealed record AttendedSources(int[] Argmax, float[] Max, int[] ArgmaxWithoutBos, float[] MaxWithoutBos)
{
    public static AttendedSources Of(Transformer model, IBackend backend, ReadOnlySpan<int> tokens, BatchShape batch)
    {
        int heads = model.Config.NHeads, context = batch.Context, predicted = context - 1;
        var count = model.Config.HeadCount * batch.Sequences * predicted;
        var result = new AttendedSources(new int[count], new float[count], new int[count], new float[count]);
        var layer = 0;
        var observer = new PatternObserver(backend, patterns =>
        {
            for (var row = 0; row < batch.Sequences; row++)
            {
                for (var head = 0; head < heads; head++)
                {
                    for (var d = 0; d < predicted; d++)
                    {
                        var pattern = patterns.AsSpan(((row * heads + head) * context + d) * context, context);
                        var index = ((layer * heads + head) * batch.Sequences + row) * predicted + d;
                        (result.Argmax[index], result.Max[index]) = Highest(pattern);
                        pattern[0] = 0;
                        (result.ArgmaxWithoutBos[index], result.MaxWithoutBos[index]) = Highest(pattern);
                    }
                }
            }

            layer++;
        });
        model.Observe(backend, tokens, batch, observer);
        return result;
    }

    static (int Index, float Value) Highest(ReadOnlySpan<float> values)
    {
        var best = 0;
        for (var i = 1; i < values.Length; i++)
        {
            if (values[i] > values[best])
                best = i;
        }

        return (best, values[best]);
    }
}
