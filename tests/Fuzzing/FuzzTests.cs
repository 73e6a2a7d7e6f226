using System.Globalization;
using HeadScope.Fuzzing.Runs;
using HeadScope.Fuzzing.Targets;
using HeadScope.Tests.Support;
using Xunit.Abstractions;

namespace HeadScope.Fuzzing;

/// <summary>
/// The kept inputs and some thousands of damaged ones, which are read or refused, in bounded time and memory.
/// HEADSCOPE_FUZZ_ITERATIONS and HEADSCOPE_FUZZ_SEED read more of each target, and others.
/// </summary>
public sealed class FuzzTests(ITestOutputHelper output)
{
    /// <summary>For each share of a target.</summary>
    const int Inputs = 200;

    static readonly TimeSpan MostWait = TimeSpan.FromMinutes(2);

    public static TheoryData<string> Targets => [.. FuzzTargets.All.Select(target => target.Name)];

    [Theory]
    [MemberData(nameof(Targets))]
    public async Task Reader_KeptAndDamagedInputs_AreReadOrRefused(string name)
    {
        var entry = FuzzTargets.All.Single(target => target.Name == name);
        using var folder = new TemporaryFolder();
        var target = entry.Make(folder);
        var seed = Setting("HEADSCOPE_FUZZ_SEED", 1);
        var kept = FuzzTargets.KeptInputs(name);
        List<byte[]> known = [.. target.Seeds, .. kept];
        var damaged = Enumerable.Range(0, Setting("HEADSCOPE_FUZZ_ITERATIONS", Inputs * entry.Share))
            .Select(number => FuzzRun.Next(target, target.Seeds, known, seed, number));
        var (read, accepted, slowest, memory) = (0, 0, TimeSpan.Zero, 0.0);
        foreach (var input in known.Concat(damaged))
        {
            FuzzCase result;
            try
            {
                result = await Task.Run(() => FuzzCase.Run(target, input)).WaitAsync(MostWait);
            }
            catch (TimeoutException)
            {
                throw new InvalidOperationException($"Seed {seed}, after {read}: no end of {Describe(input)}.");
            }

            Assert.True(result.Fault is null, $"Seed {seed}, after {read}: {result.Fault}; of {Describe(input)}.");
            (read, accepted) = (read + 1, accepted + (result.Accepted ? 1 : 0));
            (slowest, memory) = (result.Time > slowest ? result.Time : slowest, Math.Max(memory, result.Memory));
        }

        output.WriteLine($"{read} inputs ({kept.Count} kept), {accepted} accepted; slowest {slowest}, memory {memory:P0} of the bound");
        Assert.NotEqual(0, accepted);
    }

    [Fact]
    public void Kept_Inputs_AreOfTargetsAndSmall()
    {
        var folders = Directory.GetDirectories(Fixture.PathOf("fuzz"));
        Assert.Empty(folders.Select(Path.GetFileName).Except(FuzzTargets.All.Select(target => target.Name)));
        Assert.InRange(folders.SelectMany(Directory.GetFiles).Sum(file => new FileInfo(file).Length), 1, 200_000);
    }

    static string Describe(byte[] input) =>
        $"{input.Length} bytes, in base64 {Convert.ToBase64String(input.AsSpan(0, Math.Min(input.Length, 6000)))}";

    static int Setting(string name, int otherwise) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? int.Parse(value, CultureInfo.InvariantCulture) : otherwise;
}
