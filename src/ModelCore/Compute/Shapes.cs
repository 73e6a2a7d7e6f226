namespace HeadScope.ModelCore.Compute;

/// <summary>How many sequences a batch holds and how long each is.</summary>
public readonly record struct BatchShape(int Sequences, int Context)
{
    /// <summary>Rows of an activation tensor: one for each position of each sequence.</summary>
    public int Positions => Sequences * Context;
}

/// <summary>
/// The heads of one attention layer. Query head h reads key-value head <c>h / (Heads / KeyValueHeads)</c>.
/// </summary>
public readonly record struct HeadShape(int Heads, int KeyValueHeads, int DHead)
{
    public int KeyValueHeadOf(int head) => head / (Heads / KeyValueHeads);
}

/// <summary>The elementwise non-linearities of the supported model families.</summary>
public enum Activation
{
    /// <summary>x Φ(x), with the exact Gaussian distribution function (Hendrycks and Gimpel, arXiv:1606.08415).</summary>
    Gelu,

    /// <summary>The same paper's tanh approximation, as GPT-2 computes it; TransformerLens's <c>gelu_new</c>.</summary>
    GeluNew,

    /// <summary>max(x, 0).</summary>
    Relu,

    /// <summary>x / (1 + exp(-x)).</summary>
    Silu,
}

/// <summary>What a normalisation layer computes before its optional weights.</summary>
public enum NormKind
{
    /// <summary>(x - mean) / sqrt(var + eps): LayerNorm (Ba et al., arXiv:1607.06450).</summary>
    LayerNorm,

    /// <summary>x / sqrt(mean(x²) + eps): RMSNorm (Zhang and Sennrich, arXiv:1910.07467).</summary>
    Rms,
}

/// <summary>A normalisation layer over the features. Weight and bias, [1, features], are absent where they have been folded away.</summary>
public sealed record Norm(NormKind Kind, float Epsilon, Tensor? Weight, Tensor? Bias) : IDisposable
{
    public void Dispose()
    {
        Weight?.Dispose();
        Bias?.Dispose();
    }
}
