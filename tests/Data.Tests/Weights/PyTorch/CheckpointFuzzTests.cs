using HeadScope.Data.Weights.PyTorch;
using HeadScope.Tests.Support;
using Xunit.Abstractions;

namespace HeadScope.Data.Tests.Weights.PyTorch;

/// <summary>Damaged checkpoints give their tensors or are refused.</summary>
public class CheckpointFuzzTests(ITestOutputHelper output)
{
    static readonly string[] Files =
    [
        "dtypes.pth", "dtypes_legacy.bin", "views.pth", "views_legacy.bin", "parameters.pth", "parameters_legacy.bin",
        "training_protocol2.pt", "training_protocol4.pt", "in_a_tuple.pt", "calls_os_system.pt",
    ];

    [Fact]
    public void Open_DamagedFile_GivesTensorsOrInvalidData()
    {
        var mutator = new CheckpointMutator([.. Files.Select(name => File.ReadAllBytes(Fixture.PathOf("pytorch", name)))]);
        FuzzRun.Check(output, 10_000, mutator.Next, bytes => 256L * bytes + (256 << 10), bytes =>
        {
            using var checkpoint = PyTorchCheckpoint.Open(new MemorySource(bytes));
            foreach (var (name, tensor) in checkpoint.Tensors)
                checkpoint.Read(name, new float[tensor.Count]);
        });
    }
}
