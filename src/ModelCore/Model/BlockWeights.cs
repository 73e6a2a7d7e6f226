namespace HeadScope.ModelCore.Model;

/// <summary>A norm's weight and bias, [d_model]; the bias is absent from RMS norms.</summary>
public sealed record NormWeights(float[] W, float[]? B);

/// <summary>
/// One block's parameters, of TransformerLens's names and shapes. Keys and values may have fewer heads (kv) than queries.
/// </summary>
public sealed record BlockWeights
{
    /// <summary>Null where the model has no norms, or they have been folded.</summary>
    public NormWeights? Ln1 { get; set; }

    public NormWeights? Ln2 { get; set; }

    /// <summary>Of the norm between attention and the residual stream; null where there is none.</summary>
    public NormWeights? Ln1Post { get; init; }

    /// <summary>Of the norm between MLP and the residual stream; null where there is none.</summary>
    public NormWeights? Ln2Post { get; init; }

    /// <summary>Of the RMS norm of queries, [d_head] or [head * d_head]; null where there is none.</summary>
    public NormWeights? QNorm { get; init; }

    /// <summary>Of the RMS norm of keys, [d_head] or [kv * d_head]; null where there is none.</summary>
    public NormWeights? KNorm { get; init; }

    /// <summary>[head, d_model, d_head].</summary>
    public required float[] WQ { get; init; }

    /// <summary>[kv, d_model, d_head].</summary>
    public required float[] WK { get; init; }

    /// <summary>[kv, d_model, d_head].</summary>
    public required float[] WV { get; init; }

    /// <summary>[head, d_head, d_model].</summary>
    public required float[] WO { get; init; }

    /// <summary>[head, d_head].</summary>
    public required float[] BQ { get; init; }

    /// <summary>[kv, d_head].</summary>
    public required float[] BK { get; init; }

    /// <summary>[kv, d_head].</summary>
    public required float[] BV { get; init; }

    /// <summary>[d_model].</summary>
    public required float[] BO { get; init; }

    /// <summary>[d_model, d_mlp]; null, as the following, where the block is attention only.</summary>
    public float[]? WIn { get; init; }

    /// <summary>[d_model, d_mlp]; null where the MLP is not gated.</summary>
    public float[]? WGate { get; init; }

    /// <summary>[d_mlp].</summary>
    public float[]? BIn { get; init; }

    /// <summary>[d_mlp, d_model].</summary>
    public float[]? WOut { get; init; }

    /// <summary>[d_model].</summary>
    public float[]? BOut { get; init; }

    /// <summary>
    /// What heads write with, [head, d_head, d_model]: W_O, times the weight of the norm after attention where there is one. That norm also
    /// divides by its scale, which depends on the position.
    /// </summary>
    public float[] WritingWeights()
    {
        if (Ln1Post is not { } norm)
            return WO;
        var weighted = new float[WO.Length];
        for (var i = 0; i < weighted.Length; i++)
            weighted[i] = WO[i] * norm.W[i % norm.W.Length];
        return weighted;
    }
}

/// <summary>The last norm and the unembedding.</summary>
public sealed record UnembedWeights
{
    public NormWeights? LnFinal { get; set; }

    /// <summary>W_U by token: [d_vocab, d_model].</summary>
    public required float[] WUByToken { get; init; }

    /// <summary>[d_vocab].</summary>
    public required float[] BU { get; init; }
}
