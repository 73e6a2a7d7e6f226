using Values = HeadScope.ModelCore.Compute.Reference.ReferenceBackend.Values;

namespace HeadScope.ModelCore.Compute.Reference;

/// <summary>One head of one sequence at one destination.</summary>
internal readonly record struct AttentionPlace(int Sequence, int Head, int Destination);

/// <summary>What one destination of one head attends to, what it gets of it, and its scores: each as its formula reads.</summary>
internal static class ReferenceAttention
{
    /// <summary>Fills the destination's row of z and of whatever else is wanted.</summary>
    public static void Attend(in AttentionInputs inputs, AttentionHooks hooks, AttentionPlace place, Values z)
    {
        var scores = Scores(inputs, place); // [src]
        var pattern = Softmax(scores); // [src]
        var mixed = Mix(inputs, place, pattern, Enumerable.Range(0, pattern.Length)); // [d_head]

        var position = place.Sequence * inputs.Batch.Context + place.Destination;
        for (var k = 0; k < mixed.Length; k++)
            z[position, place.Head * mixed.Length + k] = mixed[k];
        Show(hooks.Scores, inputs, place, scores);
        Show(hooks.Pattern, inputs, place, pattern);
        if (hooks.Scoring is { } scoring)
            Score(scoring, inputs, place, pattern, mixed);
    }

    /// <summary>scale q . k[s], capped, for each source s; -inf where it is not visible. [src]</summary>
    static double[] Scores(in AttentionInputs inputs, AttentionPlace place)
    {
        var (context, size) = (inputs.Batch.Context, inputs.Heads.DHead);
        var query = (Values)inputs.Query; // [batch * dest, head * d_head]
        var key = (Values)inputs.Key; // [batch * src, key-value head * d_head]
        var keyHead = inputs.Heads.KeyValueHeadOf(place.Head);
        var position = place.Sequence * context + place.Destination;
        var (first, end) = inputs.VisibleSources(place.Destination);
        var scores = new double[context];
        for (var s = 0; s < context; s++)
        {
            var product = 0.0;
            for (var k = 0; k < size; k++)
                product += query[position, place.Head * size + k] * key[place.Sequence * context + s, keyHead * size + k];
            scores[s] = s >= first && s < end ? ReferenceBackend.Capped(inputs.Scale * product, inputs.Cap) : double.NegativeInfinity;
        }

        return scores;
    }

    /// <summary>exp x[s] / sum over s of exp x[s]. [src]</summary>
    static double[] Softmax(double[] scores)
    {
        var max = scores.Max(); // without it exp may overflow
        var sum = scores.Sum(x => Math.Exp(x - max));
        return [.. scores.Select(x => Math.Exp(x - max) / sum)];
    }

    /// <summary>Sum over the given sources s of pattern[s] v[s]. [d_head]</summary>
    static double[] Mix(in AttentionInputs inputs, AttentionPlace place, double[] pattern, IEnumerable<int> sources)
    {
        var value = (Values)inputs.Value; // [batch * src, key-value head * d_head]
        var valueHead = inputs.Heads.KeyValueHeadOf(place.Head);
        var mixed = new double[inputs.Heads.DHead];
        foreach (var s in sources)
        {
            for (var k = 0; k < mixed.Length; k++)
                mixed[k] += pattern[s] * value[place.Sequence * inputs.Batch.Context + s, valueHead * mixed.Length + k];
        }

        return mixed;
    }

    static void Score(HeadScoring scoring, in AttentionInputs inputs, AttentionPlace place, double[] pattern, double[] z)
    {
        var position = place.Sequence * inputs.Batch.Context + place.Destination;
        if (scoring.Contribution is Values contribution)
            contribution[place.Head, position] = AlongTarget(scoring, place, position, z);
        foreach (var wanted in scoring.Sources)
        {
            var sources = wanted.Sources.Of(position).ToArray();
            if (wanted.Attention is Values attention)
                attention[place.Head, position] = sources.Sum(s => pattern[s]);
            if (wanted.Contribution is Values restricted)
                restricted[place.Head, position] = AlongTarget(scoring, place, position, Mix(inputs, place, pattern, sources));
        }

        var seen = pattern.AsSpan(0, inputs.VisibleSources(place.Destination).End);
        foreach (var wanted in scoring.Patterns)
            ((Values)wanted.Values)[place.Head, position] = wanted.Function.Of<double>(seen, place.Destination);
    }

    /// <summary>mixed . w, where w = W_O[h] W_U[:, target].</summary>
    static double AlongTarget(HeadScoring scoring, AttentionPlace place, int position, double[] mixed)
    {
        var direction = (Values)scoring.TargetDirections!; // [batch * position, head * d_head]
        return mixed.Select((x, k) => x * direction[position, place.Head * mixed.Length + k]).Sum();
    }

    static void Show(Tensor? hook, in AttentionInputs inputs, AttentionPlace place, double[] row)
    {
        if (hook is not Values values) // [batch * head * dest, src]
            return;
        for (var s = 0; s < row.Length; s++)
            values[(place.Sequence * inputs.Heads.Heads + place.Head) * inputs.Batch.Context + place.Destination, s] = row[s];
    }
}
