using System.Numerics;
using HeadScope.ModelCore.Compute;

namespace HeadScope.ModelCore.Scoring.Scores;

/// <summary>The largest attention that a head pays to any source.</summary>
public sealed class MaxAttention : PatternScore
{
    public override string Name => "max_attn";

    public override string Formula => "max over s of pattern";

    public override string Reference => "seed notebook 002, max_prev_attended_to_token";

    public override PatternOperation Operation => PatternOperation.Max;

    public override T Of<T>(ReadOnlySpan<T> pattern, int position) => Largest(pattern);

    internal static T Largest<T>(ReadOnlySpan<T> values)
        where T : IFloatingPointIeee754<T>
    {
        var largest = T.Zero;
        foreach (var value in values)
            largest = T.Max(largest, value);
        return largest;
    }
}
