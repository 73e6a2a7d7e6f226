using HeadScope.ModelCore.Compute;
using HeadScope.ModelCore.Model;

namespace HeadScope.Data.Weights.Families;

/// <summary>
/// Phi-3 and Phi-4 (Abdin et al., arXiv:2404.14219): Llama with fused projections; in some models part of each head turns.
/// </summary>
public sealed class Phi3 : LlamaLike
{
    public override string Name => "Phi-3";

    protected override string Architecture => "Phi3ForCausalLM";

    protected override string ModelType => "phi3";

    protected override string Defaults => """{ "rms_norm_eps": 1e-5 }""";

    protected override ModelConfig Complete(ConfigReader config, ModelConfig common) =>
        common with { Window = config.Has("sliding_window") ? config.Size("sliding_window") : null };

    protected override double ReadRotaryShare(ConfigReader config)
    {
        const string Field = "partial_rotary_factor";
        var fields = config.Section("rope_parameters") is { } parameters && parameters.Has(Field) ? parameters : config;
        var share = fields.Number(Field, 1);
        fields.Require(share is > 0 and <= 1, Field, "a number above 0 and up to 1");
        return share;
    }

    /// <summary>The rows of the fused projections are queries, keys, values; and gate, then what it gates.</summary>
    protected override void MapProjections(ParameterMap map, ModelConfig config, string block, string layer)
    {
        int model = config.DModel, size = config.DHead, mlp = config.DMlp, rows = (config.NHeads + 2 * config.NKeyValueHeads) * size;
        foreach (var (letter, first, heads) in new[]
        {
            ("Q", 0, config.NHeads), ("K", config.NHeads, config.NKeyValueHeads),
            ("V", config.NHeads + config.NKeyValueHeads, config.NKeyValueHeads),
        })
        {
            var count = size * model;
            var source = $"{layer}.self_attn.qkv_proj.weight";
            map.Add($"{block}.attn.W_{letter}", [source], [rows, model], [heads, model, size], (fused, values) =>
            {
                for (var h = 0; h < heads; h++)
                    Transposition.Into(fused.Slice((first + h) * count, count), size, model, values.Slice(h * count, count));
            });
        }

        foreach (var (name, first) in new[] { ("W_gate", 0), ("W_in", mlp) })
        {
            map.Add($"{block}.mlp.{name}", [$"{layer}.mlp.gate_up_proj.weight"], [2 * mlp, model], [model, mlp],
                (stored, values) => Transposition.Into(stored.Slice(first * model, mlp * model), mlp, model, values));
        }
    }
}
