using HeadScope.ModelCore.Model;

namespace HeadScope.Data.Weights.Families;

/// <summary>What OLMo models share from OLMo 2 on: norms after the sublayers, and of the queries and keys of all heads together.</summary>
public abstract class OlmoLike : LlamaLike
{
    protected override string Defaults => """{ "rms_norm_eps": 1e-5 }""";

    protected override ModelConfig Complete(ConfigReader config, ModelConfig common) =>
        common with { NormsBefore = false, NormsAfter = true, QueryKeyNorm = QueryKeyNorm.AllHeads };
}
