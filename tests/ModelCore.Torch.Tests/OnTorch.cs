using System.Runtime.CompilerServices;
using HeadScope.Tests.Support;

namespace HeadScope.ModelCore.Torch.Tests;

internal static class OnTorch
{
    /// <summary>The processors: what every machine has.</summary>
    [ModuleInitializer]
    internal static void Choose() => TestDevice.Current = TorchDevice.All()[0];
}
