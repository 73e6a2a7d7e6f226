using HeadScope.ModelCore.Compute;

namespace HeadScope.ModelCore.Model;

/// <summary>How a model knows positions.</summary>
public enum PositionalEmbedding
{
    /// <summary>Learned vectors added to the residual stream.</summary>
    Standard,

    /// <summary>Queries and keys turn by angles proportional to their position.</summary>
    Rotary,

    /// <summary>
    /// Learned vectors added, after the norm, to what queries and keys read; values and the residual stream never see them.
    /// </summary>
    Shortformer,
}

/// <summary>The projections of attention that have biases.</summary>
[Flags]
public enum AttentionBiases
{
    None = 0,
    QueryKeyValue = 1,
    Output = 2,
}

/// <summary>What an RMS norm divides of queries and keys, before they are rotated.</summary>
public enum QueryKeyNorm
{
    None,

    /// <summary>Each head's query and key by itself, with one weight of d_head for all heads.</summary>
    EachHead,

    /// <summary>The queries of all heads together, and the keys of all.</summary>
    AllHeads,
}

/// <summary>
/// The shape of a transformer, in TransformerLens's terms (<c>HookedTransformerConfig</c>).
/// </summary>
public sealed record ModelConfig
{
    /// <summary>The family's architecture name, such as <c>GPTNeoXForCausalLM</c>.</summary>
    public required string Architecture { get; init; }

    public required int NLayers { get; init; }

    public required int NHeads { get; init; }

    /// <summary>Heads of keys and values; fewer than <see cref="NHeads"/> under grouped queries.</summary>
    public required int NKeyValueHeads { get; init; }

    public required int DModel { get; init; }

    public required int DHead { get; init; }

    /// <summary>Width of the MLP; 0 where the model is attention only.</summary>
    public required int DMlp { get; init; }

    /// <summary>Tokens that can be embedded.</summary>
    public required int DVocab { get; init; }

    /// <summary>
    /// What can be predicted: the same tokens, except in models that sort sequences into classes. The default value is
    /// <see cref="DVocab"/>.
    /// </summary>
    public int DVocabOut { get => field == 0 ? DVocab : field; init; }

    /// <summary>Why heads cannot be scored: they are scored on the prediction of tokens. Null where they can.</summary>
    public string? WhyNotScored => DVocabOut == DVocab
        ? null
        : $"the model reads {DVocab} tokens and predicts {DVocabOut} classes; heads are scored in models that predict the tokens they read";

    /// <summary>The longest sequence.</summary>
    public required int NCtx { get; init; }

    public Activation Activation { get; init; } = Activation.Gelu;

    /// <summary>Whether the MLP's activation multiplies a second projection (SwiGLU).</summary>
    public bool GatedMlp { get; init; }

    /// <summary>Null where the model has no norms at all.</summary>
    public NormKind? Normalization { get; init; } = NormKind.LayerNorm;

    public float Epsilon { get; init; } = 1e-5f;

    /// <summary>Whether attention and MLP read the residual stream through a norm. The default is true.</summary>
    public bool NormsBefore { get; init; } = true;

    /// <summary>Whether what attention and MLP make goes through a norm before it is added to the residual stream.</summary>
    public bool NormsAfter { get; init; }

    public QueryKeyNorm QueryKeyNorm { get; init; }

    public PositionalEmbedding PositionalEmbedding { get; init; } = PositionalEmbedding.Standard;

    /// <summary>Features of each head that turn, where positions are rotary.</summary>
    public int RotaryDim { get; init; }

    public double RotaryBase { get; init; } = 10000;

    /// <summary>How the rotary angles are slowed down; null where they are not.</summary>
    public RotaryScaling? RotaryScaling { get; init; }

    /// <summary>
    /// The base of layers with a window, where they have another than the rest; their angles are not slowed down. Null where all layers
    /// rotate alike.
    /// </summary>
    public double? WindowedRotaryBase { get; init; }

    /// <summary>Whether feature 2i of a head turns with 2i + 1, not i with i + RotaryDim / 2.</summary>
    public bool RotaryAdjacentPairs { get; init; }

    /// <summary>Whether attention and MLP both read the block's input.</summary>
    public bool ParallelAttnMlp { get; init; }

    /// <summary>False for bidirectional models.</summary>
    public bool Causal { get; init; } = true;

    /// <summary>Source j is visible from destination i only where i - j is less than this; null where there is no such limit.</summary>
    public int? Window { get; init; }

    /// <summary>Which layers <see cref="Window"/> holds for, one value for each; null where it holds for all.</summary>
    public IReadOnlyList<bool>? WindowedLayers { get; init; }

    /// <summary>What attention scores are divided by, apart from <see cref="ScaleAttnByInverseLayerIdx"/>.</summary>
    public double AttnScale { get; init; }

    /// <summary>Whether layer l's attention scores are divided by l + 1 besides.</summary>
    public bool ScaleAttnByInverseLayerIdx { get; init; }

    /// <summary>Where given, a scaled query-key product x becomes ScoreCap tanh(x / ScoreCap).</summary>
    public float? ScoreCap { get; init; }

    /// <summary>
    /// Where given, a logit x becomes LogitCap tanh(x / LogitCap): part of the prediction and its loss, not of what heads contribute.
    /// </summary>
    public float? LogitCap { get; init; }

    /// <summary>The token that starts every sequence, where the model's files say.</summary>
    public int? BosToken { get; init; }

    /// <summary>Whether the unembedding is the embedding, whatever else the checkpoint holds.</summary>
    public bool TiedEmbeddings { get; init; }

    /// <summary>Which of attention's projections have biases, in families that leave the choice to the configuration.</summary>
    public AttentionBiases AttentionBiases { get; init; }

    public bool AttnOnly => DMlp == 0;

    public HeadShape Heads => new(NHeads, NKeyValueHeads, DHead);

    /// <summary>Heads in all layers together; head h of layer l is number l * NHeads + h.</summary>
    public int HeadCount => NLayers * NHeads;

    /// <summary>The window of layer <paramref name="layer"/>, or null.</summary>
    public int? WindowOf(int layer) => WindowedLayers is null || WindowedLayers[layer] ? Window : null;

    /// <summary>What layer <paramref name="layer"/> multiplies query-key products by.</summary>
    public float ScoreFactor(int layer) => (float)(1 / (AttnScale * (ScaleAttnByInverseLayerIdx ? layer + 1 : 1)));

    /// <summary>TransformerLens's name of a head, such as <c>L3H7</c>.</summary>
    public static string HeadLabel(int layer, int head) =>
        string.Create(System.Globalization.CultureInfo.InvariantCulture, $"L{layer}H{head}");
}
