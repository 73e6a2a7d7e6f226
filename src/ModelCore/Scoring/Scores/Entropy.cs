using HeadScope.ModelCore.Compute;

namespace HeadScope.ModelCore.Scoring.Scores;

/// <summary>How spread out a head's attention is, in nats: 0 where it goes to one source, ln n where n sources share it equally.</summary>
public sealed class Entropy : PatternScore
{
    public override string Name => "entropy";

    public override string Formula => "-sum over s of pattern log pattern, where 0 log 0 = 0";

    public override string Reference => "Shannon, A Mathematical Theory of Communication, 1948";

    public override PatternOperation Operation => PatternOperation.Entropy;

    public override T Of<T>(ReadOnlySpan<T> pattern, int position)
    {
        var sum = T.Zero;
        foreach (var paid in pattern)
            sum += paid == T.Zero ? T.Zero : paid * T.Log(paid);
        return -sum;
    }
}
