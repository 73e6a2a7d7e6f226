using HeadScope.ModelCore.Compute;
using HeadScope.ModelCore.Model;

namespace HeadScope.ModelCore.Circuits;

/// <summary>What single heads say to the logits of one position.</summary>
public static class DirectLogits
{
    /// <summary>
    /// A head's direct contribution to every logit at one position, at the scale of the last norm: z W_O W_U / scale, [d_vocab].
    /// </summary>
    /// <param name="tokens">One sequence.</param>
    public static float[] OfHead(Transformer model, IBackend backend, ReadOnlySpan<int> tokens, int layer, int head, int position)
    {
        var result = $"blocks.{layer}.attn.hook_result";
        var cache = new ActivationCache(backend, name => name == result || name == "ln_final.hook_scale");
        model.Observe(backend, tokens, new BatchShape(1, tokens.Length), cache);

        var width = model.Config.DModel;
        var contribution = cache[result].Values.AsSpan((position * model.Config.NHeads + head) * width, width);
        var divisor = model.Config.Normalization is null ? 1 : cache["ln_final.hook_scale"].Values[position];

        // The unembedding's bias belongs to no head.
        using var x = backend.Upload(contribution, 1, width);
        using var zeros = backend.Upload(new float[width], 1, width);
        using var withBias = backend.Multiply(x, model.Unembed);
        using var bias = backend.Multiply(zeros, model.Unembed);
        var logits = new float[model.Config.DVocabOut];
        var biases = new float[model.Config.DVocabOut];
        backend.Download(withBias, logits);
        backend.Download(bias, biases);
        for (var i = 0; i < logits.Length; i++)
            logits[i] = (logits[i] - biases[i]) / divisor;
        return logits;
    }
}
