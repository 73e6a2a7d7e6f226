using HeadScope.ModelCore.Compute;

namespace HeadScope.ModelCore.Torch.Tests;

public class CudaTests
{
    [Theory]
    [InlineData("NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.54.15  Tue Mar  5 22:23:56 UTC 2024\nGCC version:  gcc version 12.2.0\n", "550.54.15")]
    [InlineData("NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  575.51.03  Release Build  (root@host)\n", "575.51.03")]
    [InlineData("GCC version:  gcc version 12.2.0\n", null)]
    public void DriverVersion_OfItsKernelModule_IsTheNumber(string text, string? version) =>
        Assert.Equal(version, CudaCard.DriverVersion(text));

    /// <summary>
    /// A download is of what was there when it was started, though the card goes on; and page-locked memory is used again.
    /// </summary>
    [SkippableFact]
    public void StartDownload_WhileTheCardGoesOn_IsWhatItWas()
    {
        var card = TorchDevice.All().FirstOrDefault(device => device.Name == "cuda:0");
        Skip.If(card is null, "this machine has no CUDA device");
        const int Size = 2048;
        using var backend = card.Open(1, Precision.Float32);
        using var one = backend.Upload(Enumerable.Repeat(1f, Size * Size).ToArray(), Size, Size);
        using var matrix = backend.Load(new float[Size * Size], Size, Size);
        using var zero = backend.Multiply(one, matrix);
        using var total = backend.Multiply(one, matrix);
        for (var round = 0; round < 50; round++)
        {
            backend.Add(total, one);
            using var download = backend.StartDownload(total);
            backend.Add(total, one);
            backend.Add(total, zero);
            download.Finish((_, values) => Assert.Equal(-1, values.IndexOfAnyExcept(2 * round + 1)));
        }

        Assert.InRange(card.Memory.Used, 1, card.Memory.Total);
        Assert.Equal(4, card.Parts.Count);
    }
}
