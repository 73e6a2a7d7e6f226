namespace HeadScope.ModelCore.Model;

/// <summary>
/// The rewritings of a model's weights that TransformerLens's <c>from_pretrained</c> does, each of which leaves the model's
/// predictions as they were. Named as there.
/// </summary>
/// <param name="FoldLn">Move each norm's weight and bias into the matrices that read its output, and centre those over d_model.</param>
/// <param name="CenterWritingWeights">Subtract from everything written to the residual stream its mean over d_model, which the next norm
/// would remove.</param>
/// <param name="CenterUnembed">Subtract from the unembedding its mean over the vocabulary, to which softmax is blind.</param>
/// <param name="FoldValueBiases">Move b_V, which every pattern passes on unchanged, into b_O.</param>
public sealed record WeightProcessing(bool FoldLn, bool CenterWritingWeights, bool CenterUnembed, bool FoldValueBiases)
{
    /// <summary>What from_pretrained does unless told otherwise: all four.</summary>
    public static WeightProcessing Default { get; } = new(true, true, true, true);

    /// <summary>The weights as they are stored.</summary>
    public static WeightProcessing None { get; } = new(false, false, false, false);

    /// <summary>TransformerLens's names of the steps that are on, in the order in which they run.</summary>
    public IReadOnlyList<string> Names =>
    [
        .. FoldLn ? ["fold_ln"] : Array.Empty<string>(),
        .. CenterWritingWeights ? ["center_writing_weights"] : Array.Empty<string>(),
        .. CenterUnembed ? ["center_unembed"] : Array.Empty<string>(),
        .. FoldValueBiases ? ["fold_value_biases"] : Array.Empty<string>(),
    ];

    /// <summary>
    /// The steps that mean something for a model. As in TransformerLens: with shortformer positions the norms cannot be folded, and
    /// nothing is centred; writing weights are centred only where LayerNorm would; norms are folded only where each sublayer has one before
    /// it; and the unembedding is not centred where a cap follows, which sees what softmax does not.
    /// </summary>
    public WeightProcessing For(Model.ModelConfig config)
    {
        var shortformer = config.PositionalEmbedding == Model.PositionalEmbedding.Shortformer;
        return this with
        {
            FoldLn = FoldLn && config.Normalization is not null && config.NormsBefore && !shortformer,
            CenterWritingWeights =
                CenterWritingWeights && config.Normalization == Compute.NormKind.LayerNorm && !config.NormsAfter && !shortformer,
            CenterUnembed = CenterUnembed && config.LogitCap is null && !shortformer,
        };
    }
}
