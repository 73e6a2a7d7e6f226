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
/// <remarks>
/// Any number of threads may share one. It holds angles of as many positions as were asked for, not of the model's whole context.
/// </remarks>
public sealed class Rotary
{
    readonly double[] _periods; // positions per radian
    readonly Lock _gate = new();
    volatile RotaryTables _tables;

    /// <param name="context">The most positions.</param>
    public Rotary(int dimensions, double frequencyBase, int context, RotaryScaling? scaling = null)
    {
        if (dimensions <= 0 || dimensions % 2 != 0)
            throw new ArgumentOutOfRangeException(nameof(dimensions), dimensions, "The rotary dimension is a positive even number.");
        Dimensions = dimensions;
        Context = context;
        _periods = new double[dimensions / 2];
        for (var i = 0; i < _periods.Length; i++)
        {
            _periods[i] = Math.Pow(frequencyBase, 2.0 * i / dimensions);
            if (scaling is not null)
                _periods[i] = 1 / scaling.Scale(1 / _periods[i]);
        }

        _tables = new RotaryTables(0, _periods);
    }

    /// <summary>How many features of a head turn; even.</summary>
    public int Dimensions { get; }

    /// <summary>The most positions that can be asked for.</summary>
    public int Context { get; }

    /// <summary>Tables of at least so many positions; the same ones as long as they suffice.</summary>
    /// <exception cref="ArgumentOutOfRangeException">They are more than <see cref="Context"/>.</exception>
    internal RotaryTables Tables(int positions)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(positions, Context);
        if (_tables.Positions >= positions)
            return _tables;
        lock (_gate)
        {
            // At least twice what there was: a text that grows token by token has them made a few times, not once for each.
            if (_tables.Positions < positions)
                _tables = new RotaryTables(Math.Max(positions, Math.Min(2 * _tables.Positions, Context)), _periods);
            return _tables;
        }
    }
}

/// <summary>Sines and cosines of the angles at the first positions.</summary>
internal sealed class RotaryTables
{
    public RotaryTables(int positions, ReadOnlySpan<double> periods)
    {
        Positions = positions;
        var half = periods.Length;
        Cosines = new float[checked(positions * half)];
        Sines = new float[positions * half];
        for (var position = 0; position < positions; position++)
        {
            for (var i = 0; i < half; i++)
            {
                var (sine, cosine) = Math.SinCos(position / periods[i]);
                Sines[position * half + i] = (float)sine;
                Cosines[position * half + i] = (float)cosine;
            }
        }
    }

    public int Positions { get; }

    /// <summary>[position, Dimensions / 2].</summary>
    public float[] Cosines { get; }

    /// <summary>[position, Dimensions / 2].</summary>
    public float[] Sines { get; }
}
