namespace HeadScope.ModelCore.Compute;

/// <summary>
/// Rotary position embedding (Su et al., arXiv:2104.09864) on the first <see cref="Dimensions"/> features of each head.
/// Feature i turns with feature i + Dimensions / 2, or 2i with 2i + 1, by the angle <c>position / base^(2 i / Dimensions)</c>, unless
/// scaled.
/// </summary>
/// <remarks>
/// Any number of threads may share one. It holds angles of as many positions as were asked for, not of the model's whole context.
/// </remarks>
public sealed class Rotary
{
    readonly RotaryScaling? _scaling;
    readonly double _frequencyBase;
    readonly Lock _gate = new();
    volatile RotaryTables? _tables;
    volatile RotaryTables? _longTables; // of sequences beyond what the model was first trained on, where those turn otherwise

    /// <param name="context">The most positions.</param>
    /// <param name="adjacentPairs">Whether feature 2i turns with 2i + 1, not i with i + dimensions / 2.</param>
    public Rotary(int dimensions, double frequencyBase, int context, RotaryScaling? scaling = null, bool adjacentPairs = false)
    {
        if (dimensions <= 0 || dimensions % 2 != 0)
            throw new ArgumentOutOfRangeException(nameof(dimensions), dimensions, "The rotary dimension is a positive even number.");
        (Dimensions, Context, AdjacentPairs, _frequencyBase, _scaling) = (dimensions, context, adjacentPairs, frequencyBase, scaling);
    }

    /// <summary>How many features of a head turn; even.</summary>
    public int Dimensions { get; }

    /// <summary>The most positions that can be asked for.</summary>
    public int Context { get; }

    /// <summary>Whether feature 2i turns with 2i + 1 (GPT-J), not i with i + Dimensions / 2.</summary>
    public bool AdjacentPairs { get; }

    /// <summary>Tables for sequences of so many positions, or more; the same ones as long as they suffice.</summary>
    /// <exception cref="ArgumentOutOfRangeException">They are more than <see cref="Context"/>.</exception>
    internal RotaryTables Tables(int positions)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(positions, Context);
        var isLong = _scaling?.IsLong(positions) ?? false;
        if ((isLong ? _longTables : _tables) is { } known && known.Positions >= positions)
            return known;
        lock (_gate)
        {
            var tables = isLong ? _longTables : _tables;

            // At least twice what there was: a text that grows token by token has them made a few times, not once for each.
            if (tables is null || tables.Positions < positions)
            {
                var count = Math.Max(positions, Math.Min(2 * (tables?.Positions ?? 0), Context));
                tables = new RotaryTables(count, Periods(positions), _scaling?.AttentionFactor ?? 1);
            }

            return isLong ? _longTables = tables : _tables = tables;
        }
    }

    /// <summary>Positions per radian of each pair of features, in sequences of <paramref name="positions"/>: [Dimensions / 2].</summary>
    double[] Periods(int positions)
    {
        var periods = new double[Dimensions / 2];
        for (var i = 0; i < periods.Length; i++)
        {
            periods[i] = Math.Pow(_frequencyBase, 2.0 * i / Dimensions);
            if (_scaling is not null)
                periods[i] = 1 / _scaling.Scale(1 / periods[i], new RotaryFeature(i, Dimensions, _frequencyBase), positions);
        }

        return periods;
    }
}

/// <summary>Sines and cosines of the angles at the first positions, times the attention factor.</summary>
internal sealed class RotaryTables
{
    public RotaryTables(int positions, ReadOnlySpan<double> periods, double factor)
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
                Sines[position * half + i] = (float)(factor * sine);
                Cosines[position * half + i] = (float)(factor * cosine);
            }
        }
    }

    public int Positions { get; }

    /// <summary>[position, Dimensions / 2].</summary>
    public float[] Cosines { get; }

    /// <summary>[position, Dimensions / 2].</summary>
    public float[] Sines { get; }
}
