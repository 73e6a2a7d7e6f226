using HeadScope.ModelCore.Compute;

namespace HeadScope.Data.Weights.Families;

/// <summary>
/// The fields of Hugging Face configurations that say how fast features turn: <c>rope_parameters</c>, or in older files the base at
/// the top and <c>rope_scaling</c>.
/// </summary>
internal static class RotaryFields
{
    /// <param name="baseField">The older name of the base.</param>
    public static (double Base, RotaryScaling? Scaling) Read(ConfigReader config, string baseField)
    {
        var frequencyBase = config.RotaryBase(baseField);
        if (config.Section("rope_parameters") is not { } parameters)
            return (frequencyBase, config.Section("rope_scaling") is { } scaling ? ReadScaling(scaling) : null);
        config.Require(!config.Has("rope_scaling"), "rope_scaling", "null, beside rope_parameters,");
        return (parameters.RotaryBase("rope_theta", frequencyBase), ReadScaling(parameters));
    }

    static RotaryScaling? ReadScaling(ConfigReader fields)
    {
        var kindField = fields.Has("rope_type") ? "rope_type" : "type"; // the latter in files before 2024
        switch (fields.Text(kindField) ?? "default")
        {
            case "default":
                return null;
            case "linear":
                return new RotaryScaling(Factor(fields));
            case "llama3":
                double low = fields.Number("low_freq_factor"), high = fields.Number("high_freq_factor");
                fields.Require(low > 0 && high > low, "high_freq_factor", $"a number above low_freq_factor ({low}), itself above 0,");
                return new RotaryScaling(Factor(fields), fields.Size("original_max_position_embeddings"), low, high);
            default:
                throw fields.Fault(kindField, "default, linear or llama3 (no other kind of rotary scaling is supported)");
        }
    }

    static double Factor(ConfigReader fields)
    {
        var factor = fields.Number("factor");
        fields.Require(factor >= 1, "factor", "a number from 1 up");
        return factor;
    }
}
