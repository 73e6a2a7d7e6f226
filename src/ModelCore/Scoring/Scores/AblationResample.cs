namespace HeadScope.ModelCore.Scoring.Scores;

/// <summary>The rise of the loss when a head does what it does on another row.</summary>
public sealed class AblationResample : AblationScore
{
    public override string Name => "ablation_resample";

    public override string Formula => "loss with z[l,h] = its z on another, seeded row, less the loss";

    public override Replacement Replacement => Replacement.Resample;
}
