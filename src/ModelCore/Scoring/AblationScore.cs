namespace HeadScope.ModelCore.Scoring;

/// <summary>
/// How much the loss at p rises when a head's z is replaced at all positions of its sequence (seed notebook 004): a forward pass for each
/// head, from its layer up. Its float32 noise is that of two losses, some 1e-5.
/// </summary>
public abstract class AblationScore : StoredScore
{
    /// <summary>What replaces z.</summary>
    public abstract Replacement Replacement { get; }

    public override string Reference => "seed notebook 004; Chan et al., Causal Scrubbing, 2022";

    /// <summary>Losses rise and fall: their mean says more than a quantile.</summary>
    public override ScoreSummary Summary => ScoreSummary.Mean;
}

/// <summary>What an ablation puts in the place of a head's z.</summary>
public enum Replacement
{
    /// <summary>0.</summary>
    Zero,

    /// <summary>The head's mean z over a sample of sequences and all their positions.</summary>
    Mean,

    /// <summary>The head's z at the same position of another sequence.</summary>
    Resample,
}
