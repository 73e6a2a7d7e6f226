using HeadScope.ModelCore.Compute;
namespace HeadScope.Data.Weights;

/// <summary>
/// How a model family's tensors become parameters under TransformerLens's names. Built by a <see cref="ModelFamily"/>,
/// checked against a checkpoint as a whole, then read one parameter at a time.
/// </summary>
public sealed class ParameterMap
{
    /// <summary>Arranges a stored tensor's values, row-major, into the parameter's.</summary>
    public delegate void Arrange(ReadOnlySpan<float> stored, Span<float> parameter);

    sealed record Rule(string[] Sources, long[] StoredShape, long[] Shape, Arrange? Arrange, Func<float, float>? Conversion = null);

    readonly Dictionary<string, Rule> _rules = new(StringComparer.Ordinal);

    /// <summary>The parameters that are mapped, in the order they were added.</summary>
    public IEnumerable<string> Names => _rules.Keys;

    public bool Has(string parameter) => _rules.ContainsKey(parameter);

    /// <summary>The shape of a parameter.</summary>
    public long[] ShapeOf(string parameter) => _rules[parameter].Shape;

    /// <summary>A parameter that is stored as it is used.</summary>
    public void Copy(string parameter, string source, params long[] shape) => Add(parameter, [source], shape, shape, null);

    /// <summary>A parameter [rows, columns] that is stored [columns, rows].</summary>
    public void Transpose(string parameter, string source, int rows, int columns) =>
        Add(parameter, [source], [columns, rows], [rows, columns], (stored, values) => Transposition.Into(stored, columns, rows, values));

    /// <summary>A parameter of whose stored values each becomes another.</summary>
    public void Convert(string parameter, string source, Func<float, float> conversion, params long[] shape) =>
        _rules.Add(parameter, new Rule([source], shape, shape, null, conversion));

    /// <summary>Heads' projections [head, d_model, d_head] that are stored [head * d_head, d_model].</summary>
    public void Heads(string parameter, string source, int heads, int model, int size) =>
        Add(parameter, [source], [heads * size, model], [heads, model, size], (stored, values) =>
        {
            for (var h = 0; h < heads; h++)
                Transposition.Into(stored.Slice(h * size * model, size * model), size, model, values.Slice(h * model * size, model * size));
        });

    /// <summary>A parameter that is stored in some other order.</summary>
    /// <param name="sources">Names under which checkpoints store it; the first that is there is read.</param>
    public void Add(string parameter, string[] sources, long[] storedShape, long[] shape, Arrange? arrange) =>
        _rules.Add(parameter, new Rule(sources, storedShape, shape, arrange));

    /// <summary>Other names of a source, tried after the first: checkpoints of a bare model lack the outer prefix.</summary>
    public void AlsoWithout(string prefix) => AlsoAs(prefix, "");

    /// <summary>Other names of a source, tried after the first, with another prefix.</summary>
    public void AlsoAs(string prefix, string other)
    {
        foreach (var (parameter, rule) in _rules.ToList())
        {
            var others = rule.Sources.Where(source => source.StartsWith(prefix, StringComparison.Ordinal))
                .Select(source => $"{other}{source[prefix.Length..]}");
            _rules[parameter] = rule with { Sources = [.. rule.Sources, .. others] };
        }
    }

    /// <summary>Everything that keeps a checkpoint from being read by this map: missing tensors, wrong shapes, wrong types.</summary>
    public IReadOnlyList<string> Faults(ITensorSource checkpoint)
    {
        var faults = new List<string>();
        foreach (var (parameter, rule) in _rules)
        {
            var info = Find(checkpoint, rule);
            if (info is null)
                faults.Add(
                    $"tensor '{rule.Sources[0]}' {TensorInfo.Describe(rule.StoredShape)}, from which {parameter} is made, is missing");
            else if (!info.Shape.AsSpan().SequenceEqual(rule.StoredShape))
                faults.Add(
                    $"tensor '{info.Name}' has the shape {info.ShapeText}; by config.json it is {TensorInfo.Describe(rule.StoredShape)}");
            else if (!info.Type.IsFloat())
                faults.Add($"tensor '{info.Name}' has the type {info.Type}, where floating-point values belong");
        }

        return faults;
    }

    /// <summary>A parameter's values, row-major.</summary>
    /// <exception cref="InvalidDataException">A value is not finite.</exception>
    public float[] Read(ITensorSource checkpoint, string parameter)
    {
        var rule = _rules[parameter];
        var info = Find(checkpoint, rule)!;
        var stored = new float[info.Count];
        checkpoint.Read(info.Name, stored);
        var fault = FirstNotFinite(stored);
        if (fault >= 0)
            throw new InvalidDataException(
                $"{checkpoint.Location}: tensor '{info.Name}' has the value {stored[fault]} at element {fault}; weights are finite. " +
                $"Export the checkpoint again.");
        if (rule.Conversion is { } conversion)
        {
            foreach (ref var value in stored.AsSpan())
                value = conversion(value);
        }

        if (rule.Arrange is null)
            return stored;
        var values = new float[rule.Shape.Aggregate(1L, (product, axis) => product * axis)];
        rule.Arrange(stored, values);
        return values;
    }

    static TensorInfo? Find(ITensorSource checkpoint, Rule rule) =>
        rule.Sources.Select(source => checkpoint.Tensors.GetValueOrDefault(source)).FirstOrDefault(info => info is not null);

    static int FirstNotFinite(ReadOnlySpan<float> values)
    {
        if (float.IsFinite(System.Numerics.Tensors.TensorPrimitives.SumOfMagnitudes(values)))
            return -1;
        for (var i = 0; i < values.Length; i++)
        {
            if (!float.IsFinite(values[i]))
                return i;
        }

        return -1;
    }
}
