using System.Text.Json.Serialization;

namespace HeadScope.ModelCore.Compute;

/// <summary>One pair of a head's features that turn together.</summary>
/// <param name="Index">Its number, from the fastest on.</param>
/// <param name="Dimensions">Features that turn in all.</param>
/// <param name="FrequencyBase">What the frequencies fall by from the first pair to the last.</param>
public readonly record struct RotaryFeature(int Index, int Dimensions, double FrequencyBase);

/// <summary>
/// How rotary angles are slowed down for sequences longer than a model was first trained on: one class for each kind that Hugging Face
/// names.
/// </summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "rope_type")]
[JsonDerivedType(typeof(LinearScaling), "linear")]
[JsonDerivedType(typeof(Llama3Scaling), "llama3")]
[JsonDerivedType(typeof(YarnScaling), "yarn")]
[JsonDerivedType(typeof(LongRopeScaling), "longrope")]
public abstract record RotaryScaling
{
    /// <summary>What queries and keys are multiplied by besides being turned. The default is 1.</summary>
    public virtual double AttentionFactor => 1;

    /// <summary>What a frequency, in radians per position, becomes in sequences of <paramref name="positions"/>.</summary>
    public abstract double Scale(double frequency, RotaryFeature feature, int positions);

    /// <summary>Whether sequences of so many positions turn otherwise than short ones. The default is false.</summary>
    public virtual bool IsLong(int positions) => false;
}

/// <summary>The <c>linear</c> kind: every frequency is divided by <paramref name="Factor"/>.</summary>
/// <param name="Factor">At least 1.</param>
public sealed record LinearScaling(double Factor) : RotaryScaling
{
    public override double Scale(double frequency, RotaryFeature feature, int positions) => frequency / Factor;
}

/// <summary>
/// The <c>llama3</c> kind: what turns more than <paramref name="HighFrequencyFactor"/> times in <paramref name="OriginalContext"/>
/// positions keeps its speed, what turns less than <paramref name="LowFrequencyFactor"/> times is slowed by the whole factor, and
/// between the two the speed is interpolated by the number of turns.
/// </summary>
/// <param name="Factor">At least 1.</param>
/// <param name="OriginalContext">Positions.</param>
/// <param name="LowFrequencyFactor">Turns in the original context.</param>
/// <param name="HighFrequencyFactor">Turns in the original context; above <paramref name="LowFrequencyFactor"/>.</param>
public sealed record Llama3Scaling(double Factor, int OriginalContext, double LowFrequencyFactor, double HighFrequencyFactor)
    : RotaryScaling
{
    public override double Scale(double frequency, RotaryFeature feature, int positions)
    {
        var slowed = frequency / Factor;
        var turns = OriginalContext * frequency / (2 * Math.PI);
        if (turns < LowFrequencyFactor)
            return slowed;
        if (turns > HighFrequencyFactor)
            return frequency;
        var kept = (turns - LowFrequencyFactor) / (HighFrequencyFactor - LowFrequencyFactor);
        return (1 - kept) * slowed + kept * frequency;
    }
}

/// <summary>
/// YaRN (Peng et al., arXiv:2309.00071): pairs that turn more than <paramref name="FastTurns"/> times in the original context keep their
/// speed, those that turn less than <paramref name="SlowTurns"/> times are slowed by the whole factor, and between the two the speed is
/// interpolated by the number of the pair.
/// </summary>
/// <param name="Factor">At least 1.</param>
/// <param name="OriginalContext">Positions.</param>
/// <param name="FastTurns">Turns in the original context: <c>beta_fast</c>.</param>
/// <param name="SlowTurns">Turns in the original context: <c>beta_slow</c>; fewer than <paramref name="FastTurns"/>.</param>
/// <param name="Attention">What queries and keys are multiplied by: <c>attention_factor</c>.</param>
/// <param name="WholePairs">Whether the interval of interpolation starts and ends at whole pairs: <c>truncate</c>.</param>
public sealed record YarnScaling(
    double Factor, int OriginalContext, double FastTurns, double SlowTurns, double Attention, bool WholePairs = true) : RotaryScaling
{
    /// <summary>The interval of interpolation is at least so long: it may not be empty.</summary>
    const double ShortestRamp = 0.001;

    public override double AttentionFactor => Attention;

    public override double Scale(double frequency, RotaryFeature feature, int positions)
    {
        double low = PairThatTurns(FastTurns, feature), high = PairThatTurns(SlowTurns, feature);
        if (WholePairs)
            (low, high) = (Math.Floor(low), Math.Ceiling(high));
        (low, high) = (Math.Max(low, 0), Math.Min(high, feature.Dimensions - 1));
        var slowed = Math.Clamp((feature.Index - low) / (low == high ? ShortestRamp : high - low), 0, 1);
        return slowed * frequency / Factor + (1 - slowed) * frequency;
    }

    /// <summary>The number, not a whole one, of the pair that turns so many times in the original context.</summary>
    double PairThatTurns(double turns, RotaryFeature feature) =>
        feature.Dimensions * Math.Log(OriginalContext / (turns * 2 * Math.PI)) / (2 * Math.Log(feature.FrequencyBase));
}

/// <summary>
/// LongRoPE (Ding et al., arXiv:2402.13753): each pair is slowed by a factor of its own, with one list for sequences up to
/// <paramref name="OriginalContext"/> and another for longer ones.
/// </summary>
/// <param name="ShortFactors">One for each pair.</param>
/// <param name="LongFactors">One for each pair.</param>
/// <param name="OriginalContext">Positions.</param>
/// <param name="Attention">What queries and keys are multiplied by: <c>attention_factor</c>.</param>
public sealed record LongRopeScaling(
    IReadOnlyList<double> ShortFactors, IReadOnlyList<double> LongFactors, int OriginalContext, double Attention) : RotaryScaling
{
    public override double AttentionFactor => Attention;

    public override double Scale(double frequency, RotaryFeature feature, int positions) =>
        frequency / (IsLong(positions) ? LongFactors : ShortFactors)[feature.Index];

    public override bool IsLong(int positions) => positions > OriginalContext;
}
