using HeadScope.ModelCore.Compute;
using static TorchSharp.torch;

namespace HeadScope.ModelCore.Torch;

/// <summary>A device that TorchSharp's native library computes on.</summary>
public sealed class TorchDevice : IComputeDevice
{
    const string Processor = "cpu";

    TorchDevice(string name) => Name = name;

    /// <summary>This machine's processors, then its CUDA devices, as far as the native library can use them.</summary>
    public static IReadOnlyList<IComputeDevice> All() =>
        [new TorchDevice(Processor), .. Enumerable.Range(0, cuda.is_available() ? cuda.device_count() : 0).Select(index => new TorchDevice($"cuda:{index}"))];

    public string Backend => "torch";

    public string Name { get; }

    public bool HasOwnThread => true;

    public bool Supports(Precision precision) => precision != Precision.Tf32 || Name != Processor;

    public IBackend Open(int threads, Precision precision) => Supports(precision)
        ? new TorchBackend(Name, threads, precision)
        : throw new NotSupportedException($"{precision.Name()} is for CUDA devices; {Name} computes in float32 or bfloat16.");
}
