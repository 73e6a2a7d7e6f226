using HeadScope.ModelCore.Compute;

namespace HeadScope.Data.Weights.Families;

/// <summary>The names that configurations have for activation functions.</summary>
internal static class Activations
{
    public static Activation Named(ConfigReader config, string field, string otherwise) => (config.Text(field) ?? otherwise) switch
    {
        "gelu" => Activation.Gelu,
        "gelu_new" or "gelu_pytorch_tanh" or "gelu_fast" => Activation.GeluNew,
        "relu" => Activation.Relu,
        "silu" or "swish" => Activation.Silu,
        _ => throw config.Fault(field, "one of gelu, gelu_new, relu, silu"),
    };
}
