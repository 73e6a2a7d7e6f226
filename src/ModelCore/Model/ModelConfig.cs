using HeadScope.ModelCore.Compute;

namespace HeadScope.ModelCore.Model;

/// <summary>How a model knows positions.</summary>
public enum PositionalEmbedding
{
    /// <summary>Learned vectors added to the residual stream.</summary>
    Standard,

    /// <summary>Queries and keys turn by angles proportional to their position.</summary>
    Rotary,

    /// <summary>Learned vectors added, after the norm, to what queries and keys read; values and the residual stream never see them.</summary>
    Shortformer,
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

    /// <summary>Tokens that can be embedded and, as all supported families have it, predicted.</summary>
    public required int DVocab { get; init; }

    /// <summary>The longest sequence.</summary>
    public required int NCtx { get; init; }

    public Activation Activation { get; init; } = Activation.Gelu;

    /// <summary>Whether the MLP's activation multiplies a second projection (SwiGLU).</summary>
    public bool GatedMlp { get; init; }

    /// <summary>Null where the model has no norms at all.</summary>
    public NormKind? Normalization { get; init; } = NormKind.LayerNorm;

    public float Epsilon { get; init; } = 1e-5f;

    public PositionalEmbedding PositionalEmbedding { get; init; } = PositionalEmbedding.Standard;

    /// <summary>Features of each head that turn, where positions are rotary.</summary>
    public int RotaryDim { get; init; }

    public double RotaryBase { get; init; } = 10000;

    /// <summary>Whether attention and MLP both read the block's input.</summary>
    public bool ParallelAttnMlp { get; init; }

    /// <summary>False for bidirectional models.</summary>
    public bool Causal { get; init; } = true;

    /// <summary>Sources further back than this are not visible.</summary>
    public int? Window { get; init; }

    /// <summary>What attention scores are divided by, apart from <see cref="ScaleAttnByInverseLayerIdx"/>.</summary>
    public double AttnScale { get; init; }

    /// <summary>Whether layer l's attention scores are divided by l + 1 besides.</summary>
    public bool ScaleAttnByInverseLayerIdx { get; init; }

    /// <summary>The token that starts every sequence, where the model's files say.</summary>
    public int? BosToken { get; init; }

    public bool AttnOnly => DMlp == 0;

    public HeadShape Heads => new(NHeads, NKeyValueHeads, DHead);

    /// <summary>Heads in all layers together; head h of layer l is number l * NHeads + h.</summary>
    public int HeadCount => NLayers * NHeads;

    /// <summary>What layer <paramref name="layer"/> multiplies query-key products by.</summary>
    public float ScoreFactor(int layer) => (float)(1 / (AttnScale * (ScaleAttnByInverseLayerIdx ? layer + 1 : 1)));

    /// <summary>TransformerLens's name of a head, such as <c>L3H7</c>.</summary>
    public static string HeadLabel(int layer, int head) => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"L{layer}H{head}");
}
