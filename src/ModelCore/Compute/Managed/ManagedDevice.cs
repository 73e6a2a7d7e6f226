namespace HeadScope.ModelCore.Compute.Managed;

/// <summary>This machine's processors, by the managed backend.</summary>
public sealed class ManagedDevice : IComputeDevice
{
    public static ManagedDevice Instance { get; } = new();

    public string Backend => "managed";

    public string Name => "cpu";

    public bool HasOwnThread => false;

    public DeviceMemory Memory => new(Environment.WorkingSet, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes);

    public bool Supports(Precision precision) => precision == Precision.Float32;

    public IBackend Open(int threads, Precision precision) => Supports(precision)
        ? new ManagedBackend(threads)
        : throw new NotSupportedException($"The managed backend computes in float32; {precision.Name()} is for --backend torch.");
}
