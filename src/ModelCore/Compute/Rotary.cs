namespace HeadScope.ModelCore.Compute;

/// <summary>
/// How rotary angles are slowed down for sequences longer than a model was first trained on, as Hugging Face's <c>llama3</c> kind of
/// rotary scaling does: what turns more than <paramref name="HighFrequencyFactor"/> times in <paramref name="OriginalContext"/>
/// positions keeps its speed, what turns less than <paramref name="LowFrequencyFactor"/> times is slowed by the whole factor, and
/// between the two the speed is interpolated by the number of turns. Without an original context all is slowed: the <c>linear</c> kind.
/// </summary>
/// <param name="Factor">At least 1.</param>
/// <param name="OriginalContext">Positions; 0 where every frequency is slowed alike.</param>
/// <param name="LowFrequencyFactor">Turns in the original context.</param>
/// <param name="HighFrequencyFactor">Turns in the original context; above <paramref name="LowFrequencyFactor"/>.</param>
public sealed record RotaryScaling(double Factor, int OriginalContext = 0, double LowFrequencyFactor = 0, double HighFrequencyFactor = 0)
{
    /// <summary>What a frequency, in radians per position, becomes.</summary>
    public double Scale(double frequency)
    {
        var slowed = frequency / Factor;
        if (OriginalContext == 0)
            return slowed;
        var turns = OriginalContext * frequency / (2 * Math.PI);
        if (turns < LowFrequencyFactor)
            return slowed;
        if (turns > HighFrequencyFactor)
            return frequency;
        var kept = (turns - LowFrequencyFactor) / (HighFrequencyFactor - LowFrequencyFactor);
        return (1 - kept) * slowed + kept * frequency;
    }
}

/// <summary>
/// Rotary position embedding (Su et al., arXiv:2104.09864) on the first <see cref="Dimensions"/> features of each head.
/// Feature i turns with feature i + Dimensions / 2, by the angle <c>position / base^(2 i / Dimensions)</c>, unless scaled.
/// </summary>
public sealed class Rotary
{
    public Rotary(int dimensions, double frequencyBase, int context, RotaryScaling? scaling = null)
    {
        if (dimensions <= 0 || dimensions % 2 != 0)
            throw new ArgumentOutOfRangeException(nameof(dimensions), dimensions, "The rotary dimension is a positive even number.");
        Dimensions = dimensions;
        Context = context;
        var half = dimensions / 2;
        var periods = new double[half]; // positions per radian
        for (var i = 0; i < half; i++)
        {
            periods[i] = Math.Pow(frequencyBase, 2.0 * i / dimensions);
            if (scaling is not null)
                periods[i] = 1 / scaling.Scale(1 / periods[i]);
        }

        Cosines = new float[context * half];
        Sines = new float[context * half];
        for (var position = 0; position < context; position++)
        {
            for (var i = 0; i < half; i++)
            {
                var (sine, cosine) = Math.SinCos(position / periods[i]);
                Sines[position * half + i] = (float)sine;
                Cosines[position * half + i] = (float)cosine;
            }
        }
    }

    /// <summary>How many features of a head turn; even.</summary>
    public int Dimensions { get; }

    /// <summary>How many positions the tables cover.</summary>
    public int Context { get; }

    /// <summary>[position, Dimensions / 2].</summary>
    internal float[] Cosines { get; }

    /// <summary>[position, Dimensions / 2].</summary>
    internal float[] Sines { get; }
}
