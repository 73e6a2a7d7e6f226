namespace HeadScope.ModelCore.Scoring.Scores;

/// <summary>
/// Direct logit attribution: what a head adds to the logit of the next token, at the scale of the final norm. No bias belongs to a head,
/// and nothing is centred beyond what weight processing did.
/// </summary>
public sealed class HeadDla : ForwardScore
{
    public static HeadDla Instance { get; } = new();

    public override string Name => "head_dla";

    public override string Formula => "(z[l,b,p,h] . W_O[l,h]) . W_U[:, t] / scale[b,p], where z = pattern . v";

    public override string Reference =>
        "seed notebook 002, Metrics; Elhage et al., A Mathematical Framework for Transformer Circuits, 2021";

    internal override bool IsContribution => true;

    internal override void Ask(ForwardRequest request) => request.Contribution();
}
