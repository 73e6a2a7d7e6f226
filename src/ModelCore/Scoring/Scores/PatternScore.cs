using System.Numerics;
using HeadScope.ModelCore.Compute;

namespace HeadScope.ModelCore.Scoring.Scores;

/// <summary>A score that is a function of the attention pattern of one destination.</summary>
public abstract class PatternScore : ForwardScore, IPatternFunction
{
    /// <inheritdoc/>
    public virtual PatternOperation Operation => PatternOperation.Other;

    /// <inheritdoc/>
    public abstract T Of<T>(ReadOnlySpan<T> pattern, int position)
        where T : IFloatingPointIeee754<T>;

    internal sealed override void Ask(ForwardRequest request) => request.Pattern(this);
}
