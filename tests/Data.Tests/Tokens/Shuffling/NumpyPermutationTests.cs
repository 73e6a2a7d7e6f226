using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using HeadScope.Data.Tokens.Shuffling;
using HeadScope.Tests.Support;

namespace HeadScope.Data.Tests.Tokens.Shuffling;

/// <summary>The permutations of numpy: values taken from numpy 1.24.2, and the numpy at hand.</summary>
public class NumpyPermutationTests
{
    [Theory]
    [InlineData(42UL, new[] { 5, 6, 0, 7, 3, 2, 4, 9, 1, 8 })]
    [InlineData(0UL, new[] { 2, 4, 3, 6, 5, 0, 1 })]
    [InlineData(ulong.MaxValue, new[] { 8, 6, 3, 2, 11, 0, 4, 7, 1, 5, 9, 10 })]
    [InlineData(1UL << 32, new[] { 1, 3, 6, 7, 8, 0, 4, 2, 5 })]
    [InlineData(42UL, new[] { 0 })]
    [InlineData(42UL, new int[0])]
    public void Of_SmallCounts_EqualsNumpy(ulong seed, int[] expected) =>
        Assert.Equal(expected, NumpyPermutation.Of(expected.Length, seed));

    [Fact]
    public void Of_RowsOfPile10k_EqualsNumpy()
    {
        var order = NumpyPermutation.Of(60194, 42);
        Assert.Equal([27043, 13151, 58169, 15436, 31040, 7381, 32046, 42314], order[..8]);
        Assert.Equal("26c11b54dd9773ea1eec94da1349f14e788b43ba1e3df1c95f71834b94977f3c", Hash(order));
    }

    [Fact]
    public void SeedSequence_42_EqualsNumpy() => Assert.Equal(
        [11465652750463011511, 15382171918060459190, 9018504550953525431, 3703499796004394495], new SeedSequence(42).Generate(4));

    [Fact]
    public void Pcg64_42_EqualsNumpy()
    {
        var random = new Pcg64(42);
        Assert.Equal(
            [14276969152011380360, 8095878257575067585, 15838336090824644132], new[] { random.Next64(), random.Next64(), random.Next64() });
    }

    /// <summary>HEADSCOPE_FUZZ asks for more cases than 400.</summary>
    [SkippableFact]
    public void Of_ManySeedsAndCounts_EqualsNumpy()
    {
        var cases = int.Parse(Environment.GetEnvironmentVariable("HEADSCOPE_FUZZ") ?? "400", CultureInfo.InvariantCulture);
        var random = new Random(11);
        List<(ulong Seed, int Count)> wanted = [(42, 60194), (0, 1 << 16), (1, (1 << 16) + 1), (7, 1_000_003)];
        while (wanted.Count < cases)
            wanted.Add(((ulong)random.NextInt64() >> random.Next(64), random.Next(1 << random.Next(1, 17))));
        var script = $$"""
            import hashlib, numpy
            for seed, count in [{{string.Join(',', wanted.Select(one => $"({one.Seed},{one.Count})"))}}]:
                print(hashlib.sha256(numpy.random.default_rng(seed).permutation(count).astype("<i4").tobytes()).hexdigest())
            """;
        var expected = Python.Run("numpy", script).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(wanted.Count, expected.Length);
        foreach (var ((seed, count), hash) in wanted.Zip(expected))
            Assert.True(hash.Trim() == Hash(NumpyPermutation.Of(count, seed)), $"seed {seed}, count {count}");
    }

    static string Hash(int[] order) => Convert.ToHexStringLower(SHA256.HashData(MemoryMarshal.AsBytes(order.AsSpan())));
}
