using HeadScope.ModelCore.Model;

namespace HeadScope.Data.Weights.Families;

/// <summary>
/// What the Gemma models share: norms before and after each sublayer whose weights are stored less 1, an embedding that is scaled where
/// it is read and not where it unembeds, a query scale of its own, caps, and a window on some layers.
/// </summary>
public abstract class GemmaLike : LlamaLike
{
    protected override string ActivationField => "hidden_activation";

    protected override float NormOffset => 1;

    /// <summary>Whether a layer has a window, in files that do not say.</summary>
    protected abstract bool HasWindow(ConfigReader config, int layer);

    protected override ModelConfig Complete(ConfigReader config, ModelConfig common)
    {
        config.Require(!config.Flag("use_bidirectional_attention", false), "use_bidirectional_attention", "false");
        var scalar = config.Number("query_pre_attn_scalar");
        config.Require(scalar > 0, "query_pre_attn_scalar", "a number above 0");
        return common with
        {
            Activation = Activations.Named(config, ActivationField, "gelu_pytorch_tanh"),
            NormsAfter = true,
            AttnScale = Math.Sqrt(scalar),
            ScoreCap = ReadCap(config, "attn_logit_softcapping"),
            LogitCap = ReadCap(config, "final_logit_softcapping"),
            Window = config.Size("sliding_window"),
            WindowedLayers = ReadWindowedLayers(config, common.NLayers, layer => HasWindow(config, layer)),
        };
    }

    protected override void MapEmbedding(ParameterMap map, ModelConfig config, string source)
    {
        var scale = (float)Math.Sqrt(config.DModel);
        map.Convert("embed.W_E", source, stored => scale * stored, config.DVocab, config.DModel);
    }

    static float? ReadCap(ConfigReader config, string field)
    {
        if (!config.Has(field))
            return null;
        var cap = (float)config.Number(field);
        config.Require(cap > 0, field, "a number above 0, or null,");
        return cap;
    }
}
