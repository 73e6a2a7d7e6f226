using System.CommandLine;
using HeadScope.Jobs.Work;
using HeadScope.ModelCore.Compute;

namespace HeadScope.Client.Commands;

/// <summary>The options that say what computes.</summary>
internal sealed class DeviceOptions
{
    readonly Option<string> _backend = new("--backend")
    {
        Description = "What computes: managed, on this machine's processors, or torch, where it was built in.",
        HelpName = string.Join('|', ComputeBackends.Names),
        DefaultValueFactory = _ => ComputeBackends.Names[0],
    };

    readonly Option<string?> _device = new("--device")
    {
        Description = "Devices of the backend, such as cpu, cuda:0 or cuda:0..7. The default is every CUDA device or, without any, cpu.",
        HelpName = "NAMES",
    };

    public void AddTo(Command command)
    {
        command.Options.Add(_backend);
        command.Options.Add(_device);
    }

    /// <exception cref="Jobs.Specs.InvalidJobException">There is no such backend or device.</exception>
    public IReadOnlyList<IComputeDevice> Of(ParseResult parsed) => ComputeBackends.Find(parsed.GetRequiredValue(_backend), parsed.GetValue(_device));
}
