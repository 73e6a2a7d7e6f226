using HeadScope.ModelCore.Compute;

namespace HeadScope.ModelCore.Scoring.Scores;

/// <summary>The largest attention that a head pays to any source but the first, where many heads rest.</summary>
public sealed class MaxAttentionNoFirst : PatternScore
{
    public override string Name => "max_attn_no_first";

    public override string Formula => "max over s > 0 of pattern; 0 where p = 0";

    public override string Reference => "seed notebook 002, max_prev_attended_to_token without the first token";

    public override PatternOperation Operation => PatternOperation.MaxButFirst;

    public override T Of<T>(ReadOnlySpan<T> pattern, int position) => MaxAttention.Largest(pattern.IsEmpty ? pattern : pattern[1..]);
}
