using HeadScope.ModelCore.Model;

namespace HeadScope.Data.Weights.Families;

/// <summary>Mistral (Jiang et al., arXiv:2310.06825): Llama with a window on attention.</summary>
public sealed class Mistral : LlamaLike
{
    /// <summary>The window of configurations that do not name one; those without a window say null.</summary>
    const int DefaultWindow = 4096;

    public override string Name => "Mistral";

    protected override string Architecture => "MistralForCausalLM";

    protected override string ModelType => "mistral";

    public override ModelConfig ReadConfig(ConfigReader config) => base.ReadConfig(config) with
    {
        Window = config.Has("sliding_window") ? config.Size("sliding_window") : config.Names("sliding_window") ? null : DefaultWindow,
    };
}
