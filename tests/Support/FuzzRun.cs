using System.Diagnostics;
using System.Globalization;
using Xunit.Abstractions;

namespace HeadScope.Tests.Support;

/// <summary>
/// Many damaged inputs, each of which is read or refused with an <see cref="InvalidDataException"/>, in bounded time and memory.
/// HEADSCOPE_FUZZ_ITERATIONS and HEADSCOPE_FUZZ_SEED run more cases, and others.
/// </summary>
internal static class FuzzRun
{
    static readonly TimeSpan Slowest = TimeSpan.FromSeconds(10);

    /// <param name="next">Makes an input.</param>
    /// <param name="bound">The most bytes that reading an input of a length may allocate.</param>
    /// <param name="read">Reads an input.</param>
    public static void Check(ITestOutputHelper output, int otherwise, Func<Random, byte[]> next, Func<int, long> bound, Action<byte[]> read)
    {
        var iterations = Setting("HEADSCOPE_FUZZ_ITERATIONS", otherwise);
        var seed = Setting("HEADSCOPE_FUZZ_SEED", 1);
        var (accepted, slowest, largest) = (0, TimeSpan.Zero, 0.0);
        var clock = Stopwatch.StartNew();
        for (var iteration = 0; iteration < iterations; iteration++)
        {
            var input = next(new Random(unchecked(seed * 1_000_003 + iteration)));
            var start = clock.Elapsed;
            var before = GC.GetAllocatedBytesForCurrentThread();
            Exception? fault = null;
            try
            {
                read(input);
                accepted++;
            }
            catch (InvalidDataException)
            {
            }
            catch (Exception unexpected)
            {
                fault = unexpected;
            }

            var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            var elapsed = clock.Elapsed - start;
            Assert.True(
                fault is null && allocated <= bound(input.Length) && elapsed < Slowest,
                $"seed {seed}, iteration {iteration}: {allocated} bytes for {input.Length}, {elapsed}, {fault}");
            slowest = elapsed > slowest ? elapsed : slowest;
            largest = Math.Max(largest, (double)allocated / bound(input.Length));
        }

        output.WriteLine($"{iterations} cases, {accepted} accepted, {clock.Elapsed}; slowest {slowest}, largest {largest:P0} of the bound");
        Assert.InRange(accepted, iterations / 1000, iterations - iterations / 100);
    }

    static int Setting(string name, int otherwise) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? int.Parse(value, CultureInfo.InvariantCulture) : otherwise;
}
