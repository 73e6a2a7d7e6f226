using HeadScope.ModelCore.Scoring.Sources;

namespace HeadScope.ModelCore.Scoring.Scores;

/// <summary>
/// The share of a head's contribution that comes from a set of sources, position by position. 0 / 0 is no number: it is counted, and
/// enters nothing else. Extreme ratios are where head_dla is almost 0: they are no examples of anything.
/// </summary>
public sealed class SourceRatio(SourceSet set, SourceContribution part) : Score
{
    public override string Name => set.RatioName;

    public override string NoInductionName => set.RatioNoInductionName;

    public override string Formula => $"{part.Name} / {HeadDla.Instance.Name}";

    public override string Reference => set.KnownAs;

    public override bool HasExamples => false;

    /// <summary>What is divided.</summary>
    public StoredScore Numerator => part;

    /// <summary>What it is divided by; stored everywhere.</summary>
    public StoredScore Denominator => HeadDla.Instance;

    internal override IReadOnlyList<StoredScore> Parts => [Denominator, Numerator];
}
