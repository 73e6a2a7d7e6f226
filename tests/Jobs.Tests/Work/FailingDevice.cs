using HeadScope.ModelCore.Compute;
using HeadScope.ModelCore.Compute.Managed;

namespace HeadScope.Jobs.Tests.Work;

/// <summary>The managed backend, which does not open in one precision.</summary>
internal sealed class FailingDevice(Precision failing, Func<Exception> fault) : IComputeDevice
{
    public string Backend => "managed";

    public string Name => "failing";

    public bool HasOwnThread => false;

    public DeviceMemory Memory => ManagedDevice.Instance.Memory;

    public bool Supports(Precision precision) => precision is Precision.Float32 || precision == failing;

    public IBackend Open(int threads, Precision precision) => precision == failing ? throw fault() : new ManagedBackend(threads);
}
