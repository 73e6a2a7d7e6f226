using HeadScope.ModelCore.Compute;
using HeadScope.ModelCore.Model;

namespace HeadScope.ModelCore.Circuits;

/// <summary>What single heads say to the logits of one position.</summary>
public static class DirectLogits
{
    /// <summary>
    /// A head's direct contribution to every logit at one position, at the scale of the last norm: z W_O W_U / scale, [d_vocab]; where a
    /// norm follows attention, at its scale and with its weight too. No cap of the logits.
    /// </summary>
    /// <param name="tokens">One sequence.</param>
    public static float[] OfHead(Transformer model, IBackend backend, ReadOnlySpan<int> tokens, int layer, int head, int position)
    {
        string block = $"blocks.{layer}", last = "ln_final.hook_scale", after = $"{block}.ln1_post.hook_scale";
        var cache = new ActivationCache(backend, name => name == $"{block}.attn.hook_z" || name == last || name == after);
        model.Observe(backend, tokens, new BatchShape(1, tokens.Length), cache);
        var size = model.Config.DHead;
        var z = cache[$"{block}.attn.hook_z"].Values.AsSpan((position * model.Config.NHeads + head) * size, size);
        var divisor = ScaleOf(last) * ScaleOf(after);

        // The unembedding's bias belongs to no head.
        using var mixed = backend.Upload(z, 1, size);
        using var writing = model.WritingWeights(backend, layer, head);
        using var x = backend.Multiply(mixed, writing);
        using var zeros = backend.Upload(new float[x.Columns], 1, x.Columns);
        using var withBias = backend.Multiply(x, model.Unembed);
        using var bias = backend.Multiply(zeros, model.Unembed);
        var logits = new float[model.Config.DVocabOut];
        var biases = new float[model.Config.DVocabOut];
        backend.Download(withBias, logits);
        backend.Download(bias, biases);
        for (var i = 0; i < logits.Length; i++)
            logits[i] = (logits[i] - biases[i]) / divisor;
        return logits;

        // What a norm divides by at the position; 1 where the model has none.
        float ScaleOf(string name) => cache.Activations.TryGetValue(name, out var scale) ? scale.Values[position] : 1;
    }
}
