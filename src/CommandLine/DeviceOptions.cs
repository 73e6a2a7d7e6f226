using System.CommandLine;
using HeadScope.Jobs.Work;
using HeadScope.ModelCore.Compute;

namespace HeadScope.CommandLine;

/// <summary>The options that say what computes.</summary>
public sealed class DeviceOptions
{
    readonly Option<string> _backend = new("--backend")
    {
        Description = "What computes: managed, on this machine's processors, or torch, on them or CUDA devices, by libtorch.",
        HelpName = string.Join('|', ComputeBackends.Names),
        DefaultValueFactory = _ => ComputeBackends.Names[0],
    };

    readonly Option<string?> _device = new("--device")
    {
        Description = "Devices of the backend, such as cpu, cuda:0 or cuda:0..7. The default is every CUDA device or, without any, cpu.",
        HelpName = "NAMES",
    };

    readonly Option<string?> _libtorch = Libtorch();

    /// <summary>Where libtorch lies.</summary>
    public static Option<string?> Libtorch() => new("--libtorch")
    {
        Description = "With --backend torch: the folder of libtorch 2.10, such as torch/lib of a Python environment. "
            + "The default is $HEADSCOPE_LIBTORCH or, without it, beside this program.",
        HelpName = "DIR",
    };

    public void AddTo(Command command)
    {
        command.Options.Add(_backend);
        command.Options.Add(_device);
        command.Options.Add(_libtorch);
    }

    /// <exception cref="Jobs.Specs.InvalidJobException">There is no such backend or device.</exception>
    public IReadOnlyList<IComputeDevice> Of(ParseResult parsed) =>
        ComputeBackends.Find(parsed.GetRequiredValue(_backend), parsed.GetValue(_device), parsed.GetValue(_libtorch));
}
