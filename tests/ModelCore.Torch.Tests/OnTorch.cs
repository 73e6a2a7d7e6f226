using System.Runtime.CompilerServices;
using HeadScope.Tests.Support;

namespace HeadScope.ModelCore.Torch.Tests;

internal static class OnTorch
{
    /// <summary>The processors, which every machine has, or what HEADSCOPE_TEST_DEVICE names, such as cuda:0.</summary>
    [ModuleInitializer]
    internal static void Choose() => TestDevice.Current = TorchDevice.All().Single(device => device.Name == (Environment.GetEnvironmentVariable("HEADSCOPE_TEST_DEVICE") ?? "cpu"));
}
