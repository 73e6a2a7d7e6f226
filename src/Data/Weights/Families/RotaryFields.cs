using HeadScope.ModelCore.Compute;

namespace HeadScope.Data.Weights.Families;

/// <summary>
/// The fields of Hugging Face configurations that say how fast features turn: <c>rope_parameters</c>, or in older files the base at
/// the top and <c>rope_scaling</c>.
/// </summary>
/// <param name="Base">What frequencies fall by.</param>
/// <param name="WindowedBase">The base of layers with a window, where the file has fields for each kind of layer; they are not slowed
/// down.</param>
internal sealed record RotaryFields(double Base, RotaryScaling? Scaling, double? WindowedBase)
{
    const string ByFull = "full_attention", ByWindow = "sliding_attention";

    /// <param name="dimensions">Features of a head that turn.</param>
    /// <param name="baseField">The older name of the base.</param>
    /// <param name="byLayerKind">Whether layers with a window may have fields of their own.</param>
    public static RotaryFields Read(ConfigReader config, int dimensions, string baseField, bool byLayerKind = false)
    {
        var frequencyBase = config.RotaryBase(baseField);
        if (config.Section("rope_parameters") is not { } parameters)
        {
            var scaling = config.Section("rope_scaling");
            return new(frequencyBase, scaling is null ? null : ReadScaling(scaling, config, dimensions, frequencyBase), null);
        }

        config.Require(!config.Has("rope_scaling"), "rope_scaling", "null, beside rope_parameters,");
        if (!parameters.Has(ByFull) && !parameters.Has(ByWindow))
            return Of(parameters, null);
        config.Require(byLayerKind, "rope_parameters", "one rotation for all layers");
        var (full, windowed) = (parameters.Section(ByFull), parameters.Section(ByWindow));
        if (full is null || windowed is null)
            throw config.Fault("rope_parameters", $"an object with {ByFull} and {ByWindow}");
        windowed.Require(windowed.Text("rope_type") is null or "default", "rope_type", "default");
        return Of(full, windowed.RotaryBase("rope_theta"));

        RotaryFields Of(ConfigReader fields, double? windowedBase)
        {
            var its = fields.RotaryBase("rope_theta", frequencyBase);
            return new(its, ReadScaling(fields, config, dimensions, its), windowedBase);
        }
    }

    static RotaryScaling? ReadScaling(ConfigReader fields, ConfigReader config, int dimensions, double frequencyBase)
    {
        var kindField = fields.Has("rope_type") ? "rope_type" : "type"; // the latter in files before 2024
        switch (fields.Text(kindField) ?? "default")
        {
            case "default":
                return null;
            case "linear":
                return new LinearScaling(Factor(fields));
            case "llama3":
                double low = fields.Number("low_freq_factor"), high = fields.Number("high_freq_factor");
                fields.Require(low > 0 && high > low, "high_freq_factor", $"a number above low_freq_factor ({low}), itself above 0,");
                return new Llama3Scaling(Factor(fields), fields.Size("original_max_position_embeddings"), low, high);
            case "longrope" or "su":
            case "yarn" when fields.Has("long_factor"): // as the first files of Phi-3 call it
                return ReadLongRope(fields, config, dimensions / 2);
            case "yarn":
                return ReadYarn(fields, config, frequencyBase);
            default:
                throw fields.Fault(kindField, "default, linear, llama3, yarn or longrope (no other kind of rotary scaling is supported)");
        }
    }

    /// <summary>What transformers computes of the factor and of what may replace it.</summary>
    static YarnScaling ReadYarn(ConfigReader fields, ConfigReader config, double frequencyBase)
    {
        var original = OriginalContext(fields, config);
        var factor = FactorOrRatio(fields, config, original);
        double fast = fields.Number("beta_fast", 32), slow = fields.Number("beta_slow", 1);
        config.Require(frequencyBase > 1, "rope_theta", "a number above 1, with YaRN,");
        fields.Require(slow > 0 && fast > slow, "beta_fast", $"a number above beta_slow ({slow}), itself above 0,");
        double scale = fields.Number("mscale", 0), scaleOfAll = fields.Number("mscale_all_dim", 0);
        var attention = scale != 0 && scaleOfAll != 0 ? Magnitude(scale) / Magnitude(scaleOfAll) : Magnitude(1);
        return new YarnScaling(factor, original, fast, slow, AttentionFactor(fields, attention), fields.Flag("truncate", true));

        double Magnitude(double scale) => factor <= 1 ? 1 : 0.1 * scale * Math.Log(factor) + 1;
    }

    static LongRopeScaling ReadLongRope(ConfigReader fields, ConfigReader config, int pairs)
    {
        var original = OriginalContext(fields, config);
        var factor = FactorOrRatio(fields, config, original);
        var attention = factor <= 1 ? 1 : Math.Sqrt(1 + Math.Log(factor) / Math.Log(original));
        return new LongRopeScaling(Factors("short_factor"), Factors("long_factor"), original, AttentionFactor(fields, attention));

        IReadOnlyList<double> Factors(string field)
        {
            var factors = fields.Numbers(field);
            var fits = factors.Count == pairs && factors.All(value => value > 0);
            fields.Require(fits, field, $"a list of {pairs} numbers above 0, one for each pair of features,");
            return factors;
        }
    }

    static double Factor(ConfigReader fields)
    {
        var factor = fields.Number("factor");
        fields.Require(factor >= 1, "factor", "a number from 1 up");
        return factor;
    }

    static double FactorOrRatio(ConfigReader fields, ConfigReader config, int original) =>
        fields.Has("factor") ? Factor(fields) : (double)config.Size("max_position_embeddings") / original;

    /// <summary>In the scaling's own fields, at the top of the file, or the context of the model.</summary>
    static int OriginalContext(ConfigReader fields, ConfigReader config)
    {
        const string Field = "original_max_position_embeddings";
        var original = fields.Has(Field) ? fields.Size(Field) : config.Size(config.Has(Field) ? Field : "max_position_embeddings");
        fields.Require(original > 1, Field, "a whole number from 2 up");
        return original;
    }

    static double AttentionFactor(ConfigReader fields, double otherwise)
    {
        var factor = fields.Number("attention_factor", otherwise);
        fields.Require(factor > 0, "attention_factor", "a number above 0");
        return factor;
    }
}
