using HeadScope.ModelCore.Compute;
using HeadScope.ModelCore.Compute.Managed;

namespace HeadScope.Tests.Support;

/// <summary>
/// What tests compute on that hold for every backend. A test project of another backend sets its own, before any test runs.
/// </summary>
public static class TestDevice
{
    public static IComputeDevice Current { get; set; } = ManagedDevice.Instance;

    public static IBackend Open(int threads = 1) => Current.Open(threads, Precision.Float32);
}
