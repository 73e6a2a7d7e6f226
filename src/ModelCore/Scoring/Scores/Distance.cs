using HeadScope.ModelCore.Compute;

namespace HeadScope.ModelCore.Scoring.Scores;

/// <summary>How far back a head looks: the attention-weighted mean of the distance to the source, in tokens.</summary>
public sealed class Distance : PatternScore
{
    public override string Name => "distance";

    public override string Formula => "sum over s of pattern (p - s)";

    public override string Reference => "Vig and Belinkov, arXiv:1906.04284";

    public override PatternOperation Operation => PatternOperation.MeanDistance;

    public override T Of<T>(ReadOnlySpan<T> pattern, int position)
    {
        var sum = T.Zero;
        for (var s = 0; s < pattern.Length; s++)
            sum += pattern[s] * T.CreateChecked(position - s);
        return sum;
    }
}
