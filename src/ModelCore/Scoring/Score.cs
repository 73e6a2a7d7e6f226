using HeadScope.ModelCore.Scoring.Sources;

namespace HeadScope.ModelCore.Scoring;

/// <summary>
/// A number for each layer, head, sequence and predicted position. Everything after the scoring (files, histograms, quantiles, moments,
/// examples, preview, frames, report) goes by what a score says of itself here.
/// </summary>
/// <remarks>
/// To add one, derive a class from one of the kinds below, with a constructor without parameters: <see cref="ForwardScore"/> for what
/// a forward pass shows, <see cref="AblationScore"/> for what changes when a head is replaced. <see cref="ScoreCatalogue"/> finds it.
/// </remarks>
public abstract class Score
{
    /// <summary>The name in options, columns and tables: lower case, words joined by underscores.</summary>
    public abstract string Name { get; }

    /// <summary>The formula, in a line.</summary>
    public abstract string Formula { get; }

    /// <summary>Where the score is described.</summary>
    public abstract string Reference { get; }

    /// <summary>How the head frame sums up a head's scores. The default is a quantile.</summary>
    public virtual ScoreSummary Summary => ScoreSummary.Quantile;

    /// <summary>The head frame's name of the summary over positions that induction does not explain.</summary>
    public virtual string NoInductionName => $"{Name}_no_ind";

    /// <summary>Whether its highest and lowest values are worth looking at. The default is true.</summary>
    public virtual bool HasExamples => true;

    /// <summary>The scores that must be stored for this one: itself, or what it is made of.</summary>
    internal abstract IReadOnlyList<StoredScore> Parts { get; }

    public override string ToString() => Name;
}

/// <summary>How a head frame sums up one head's scores.</summary>
public enum ScoreSummary
{
    /// <summary>An exact quantile, of a level that the job names.</summary>
    Quantile,

    /// <summary>The mean of all finite values.</summary>
    Mean,
}

/// <summary>A score that is computed and stored, position by position.</summary>
public abstract class StoredScore : Score
{
    /// <summary>
    /// Where this set is empty the score is 0 by definition, and not stored. Null, the default, where it is stored everywhere.
    /// </summary>
    public virtual SourceSet? ZeroWithout => null;

    internal sealed override IReadOnlyList<StoredScore> Parts => [this];
}

/// <summary>A score that one forward pass shows.</summary>
public abstract class ForwardScore : StoredScore
{
    /// <summary>Whether it is a contribution to a logit, which is divided by the scale of the final norm. The default is false.</summary>
    internal virtual bool IsContribution => false;

    /// <summary>Asks for it.</summary>
    internal abstract void Ask(ForwardRequest request);
}
