namespace HeadScope.ModelCore.Scoring.Scores;

/// <summary>The rise of the loss when a head adds what it adds on average.</summary>
public sealed class AblationMean : AblationScore
{
    public override string Name => "ablation_mean";

    public override string Formula => "loss with z[l,h] = its mean over a seeded sample of rows, less the loss";

    public override Replacement Replacement => Replacement.Mean;
}
