using System.Reflection;
using System.Runtime.CompilerServices;
using HeadScope.Jobs.Work;
using HeadScope.ModelCore.Torch.Native;
using HeadScope.Tests.Support;

namespace HeadScope.ModelCore.Torch.Tests;

/// <summary>The device that tests compute on which hold for every backend.</summary>
internal static class OnTorch
{
    static readonly string? Named = Environment.GetEnvironmentVariable(Libtorch.Variable);

    /// <summary>The libtorch of the tests: the one that HEADSCOPE_LIBTORCH names, or else that of the package.</summary>
    public static string Folder { get; } = !string.IsNullOrEmpty(Named) ? Named
        : typeof(OnTorch).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(entry => entry.Key == "Libtorch").Value!;

    /// <summary>Why this machine has no libtorch; null where it has.</summary>
    public static string? WhyMissing { get; private set; }

    /// <summary>The processors, which every machine has, or what HEADSCOPE_TEST_DEVICE names, such as cuda:0.</summary>
    [ModuleInitializer]
    internal static void Choose()
    {
        WhyMissing = Libtorch.Load(Folder);
        if (WhyMissing is null)
            TestDevice.Current = ComputeBackends.Find("torch", Environment.GetEnvironmentVariable("HEADSCOPE_TEST_DEVICE") ?? "cpu")[0];
    }
}
