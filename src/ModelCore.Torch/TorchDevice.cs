using HeadScope.ModelCore.Compute;
using HeadScope.ModelCore.Compute.Managed;
using HeadScope.ModelCore.Torch.Native;
using static TorchSharp.torch;

namespace HeadScope.ModelCore.Torch;

/// <summary>A device that libtorch computes on.</summary>
public sealed class TorchDevice : IComputeDevice
{
    const string Processor = "cpu";

    readonly int? _card;

    TorchDevice(string name, int? card) => (Name, _card) = (name, card);

    /// <summary>This machine's processors, then its CUDA devices, as far as libtorch, which must have been loaded, can use them.</summary>
    public static IReadOnlyList<IComputeDevice> All() =>
        [new TorchDevice(Processor, null), .. Enumerable.Range(0, cuda.is_available() ? cuda.device_count() : 0).Select(index => new TorchDevice($"cuda:{index}", index))];

    public string Backend => "torch";

    public string Name { get; }

    public bool HasOwnThread => true;

    public DeviceMemory Memory => _card is { } card ? CudaCard.Of(card).Memory : ManagedDevice.Instance.Memory;

    public IReadOnlyList<string> Parts => [.. _card is { } card ? CudaCard.Of(card).Parts : [], .. Libtorch.Parts];

    public bool Supports(Precision precision) => precision != Precision.Tf32 || Name != Processor;

    public IBackend Open(int threads, Precision precision) => Supports(precision)
        ? new TorchBackend(Name, threads, precision)
        : throw new NotSupportedException($"{precision.Name()} is for CUDA devices; {Name} computes in float32 or bfloat16.");
}
