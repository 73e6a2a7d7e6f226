namespace HeadScope.ModelCore.Scoring.Scores;

/// <summary>The rise of the loss when a head adds nothing.</summary>
public sealed class AblationZero : AblationScore
{
    public override string Name => "ablation_zero";

    public override string Formula => "loss with z[l,h] = 0, less the loss";

    public override Replacement Replacement => Replacement.Zero;
}
