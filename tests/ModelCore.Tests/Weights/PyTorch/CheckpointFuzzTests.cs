using System.Diagnostics;
using System.Globalization;
using HeadScope.ModelCore.Weights.PyTorch;
using HeadScope.Tests.Support;
using Xunit.Abstractions;

namespace HeadScope.ModelCore.Tests.Weights.PyTorch;

/// <summary>
/// Damaged checkpoints give their tensors or an <see cref="InvalidDataException"/>, in bounded time and memory.
/// HEADSCOPE_FUZZ_ITERATIONS and HEADSCOPE_FUZZ_SEED run more cases, and others.
/// </summary>
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
        var iterations = Setting("HEADSCOPE_FUZZ_ITERATIONS", 10_000);
        var seed = Setting("HEADSCOPE_FUZZ_SEED", 1);
        var files = Files.Select(name => File.ReadAllBytes(Fixture.PathOf("pytorch", name))).ToArray();
        var mutator = new CheckpointMutator(files);
        var (opened, slowest, largest) = (0, TimeSpan.Zero, 0.0);
        var clock = Stopwatch.StartNew();
        for (var iteration = 0; iteration < iterations; iteration++)
        {
            var file = mutator.Next(new Random(unchecked(seed * 1_000_003 + iteration)));
            var bound = 256L * file.Length + (256 << 10);
            var start = clock.Elapsed;
            var before = GC.GetAllocatedBytesForCurrentThread();
            var fault = Run(file, ref opened);
            var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            var elapsed = clock.Elapsed - start;
            Assert.True(
                fault is null && allocated <= bound && elapsed < TimeSpan.FromSeconds(10),
                $"seed {seed}, iteration {iteration}: {allocated} bytes for {file.Length}, {elapsed}, {fault}");
            slowest = elapsed > slowest ? elapsed : slowest;
            largest = Math.Max(largest, (double)allocated / bound);
        }

        output.WriteLine($"{iterations} cases, {opened} opened, {clock.Elapsed}; slowest {slowest}, largest {largest:P0} of the bound");
        Assert.InRange(opened, iterations / 100, iterations - iterations / 100);
    }

    /// <summary>Opens a file and reads all of it. Returns what should not have happened.</summary>
    static Exception? Run(byte[] file, ref int opened)
    {
        try
        {
            using var checkpoint = PyTorchCheckpoint.Open(new MemorySource(file));
            foreach (var (name, tensor) in checkpoint.Tensors)
                checkpoint.Read(name, new float[tensor.Count]);
            opened++;
            return null;
        }
        catch (InvalidDataException)
        {
            return null;
        }
        catch (Exception unexpected)
        {
            return unexpected;
        }
    }

    static int Setting(string name, int otherwise) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? int.Parse(value, CultureInfo.InvariantCulture) : otherwise;
}
