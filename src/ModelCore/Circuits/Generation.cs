using HeadScope.ModelCore.Compute;
using HeadScope.ModelCore.Model;

namespace HeadScope.ModelCore.Circuits;

/// <summary>Continuations of a prompt.</summary>
public static class Generation
{
    /// <summary>
    /// The <paramref name="count"/> tokens that follow when the most likely one is taken each time; fewer where n_ctx ends.
    /// </summary>
    public static int[] Greedy(Transformer model, IBackend backend, ReadOnlySpan<int> prompt, int count)
    {
        List<int> tokens = [.. prompt];
        var vocabulary = model.Config.DVocab;
        while (tokens.Count < prompt.Length + count && tokens.Count <= model.Config.NCtx)
        {
            var logits = model.Logits(backend, tokens.ToArray(), new BatchShape(1, tokens.Count));
            tokens.Add(System.Numerics.Tensors.TensorPrimitives.IndexOfMax(logits.AsSpan((tokens.Count - 1) * vocabulary, vocabulary)));
        }

        return [.. tokens.Skip(prompt.Length)];
    }
}
