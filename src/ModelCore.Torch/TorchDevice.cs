using HeadScope.ModelCore.Compute;
using HeadScope.ModelCore.Compute.Managed;
using HeadScope.ModelCore.Torch.Cuda;
using TorchSharp;
using static TorchSharp.torch;

namespace HeadScope.ModelCore.Torch;

/// <summary>A device that TorchSharp's native library computes on.</summary>
public sealed class TorchDevice : IComputeDevice
{
    const string Processor = "cpu";

    readonly int? _card;

    TorchDevice(string name, int? card) => (Name, _card) = (name, card);

    /// <summary>Why the native library cannot be used; null where it can.</summary>
    public static string? WhyMissing { get; } = Probe();

    /// <summary>This machine's processors, then its CUDA devices, as far as the native library can use them.</summary>
    public static IReadOnlyList<IComputeDevice> All() =>
        [new TorchDevice(Processor, null), .. Enumerable.Range(0, cuda.is_available() ? cuda.device_count() : 0).Select(index => new TorchDevice($"cuda:{index}", index))];

    static string? Probe()
    {
        try
        {
            InitializeDeviceType(DeviceType.CPU);
            return null;
        }
        catch (Exception e)
        {
            return $"the native library of TorchSharp was not found or cannot be loaded: {e.GetBaseException().Message}";
        }
    }

    public string Backend => "torch";

    public string Name { get; }

    public bool HasOwnThread => true;

    public DeviceMemory Memory => _card is { } card ? CudaCard.Of(card).Memory : ManagedDevice.Instance.Memory;

    public IReadOnlyList<string> Parts => [.. _card is { } card ? CudaCard.Of(card).Parts : [], $"libtorch {__version__}"];

    public bool Supports(Precision precision) => precision != Precision.Tf32 || Name != Processor;

    public IBackend Open(int threads, Precision precision) => Supports(precision)
        ? new TorchBackend(Name, threads, precision)
        : throw new NotSupportedException($"{precision.Name()} is for CUDA devices; {Name} computes in float32 or bfloat16.");
}
