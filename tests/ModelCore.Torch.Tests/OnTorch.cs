using System.Runtime.CompilerServices;
using HeadScope.Jobs.Work;
using HeadScope.ModelCore.Torch.Native;
using HeadScope.Tests.Support;

namespace HeadScope.ModelCore.Torch.Tests;

internal static class OnTorch
{
    /// <summary>Why this machine has no libtorch; null where it has.</summary>
    public static string? WhyMissing { get; private set; }

    /// <summary>The processors, which every machine has, or what HEADSCOPE_TEST_DEVICE names, such as cuda:0.</summary>
    [ModuleInitializer]
    internal static void Choose()
    {
        WhyMissing = Libtorch.Load(null);
        if (WhyMissing is null)
            TestDevice.Current = ComputeBackends.Find("torch", Environment.GetEnvironmentVariable("HEADSCOPE_TEST_DEVICE") ?? "cpu")[0];
    }
}
