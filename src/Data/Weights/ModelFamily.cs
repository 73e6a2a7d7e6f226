using HeadScope.Data.Weights.Families;
using HeadScope.ModelCore.Model;

namespace HeadScope.Data.Weights;

/// <summary>
/// What there is to know of one kind of checkpoint: how its <c>config.json</c> reads, and which of its tensors becomes which parameter.
/// </summary>
public abstract class ModelFamily
{
    /// <summary>Every family that can be loaded.</summary>
    public static IReadOnlyList<ModelFamily> All { get; } =
    [
        new GptNeoX(), new Gpt2(), new Llama(), new Mistral(), new Qwen2(), new Qwen3(), new Gemma2(), new Gemma3(), new Olmo2(),
        new Olmo3(), new Phi3(), new GptJ(), new Opt(), new TransformerLensCheckpoint(),
    ];

    /// <summary>For people.</summary>
    public abstract string Name { get; }

    /// <summary>Whether a configuration is of this family.</summary>
    public abstract bool Recognizes(ConfigReader config);

    /// <summary>
    /// Whether a configuration names an architecture or, where it names none, a model type: variants with experts or other heads share the
    /// model type.
    /// </summary>
    protected static bool Names(ConfigReader config, string architecture, string modelType) =>
        config.Architecture is { } named ? named == architecture : config.Text("model_type") == modelType;

    /// <exception cref="InvalidDataException">A field is missing, absurd, or asks for what is not supported.</exception>
    public abstract ModelConfig ReadConfig(ConfigReader config);

    /// <summary>The parameters, of TransformerLens's names and shapes, that such a checkpoint holds.</summary>
    public abstract ParameterMap Map(ModelConfig config, ITensorSource checkpoint);
}
