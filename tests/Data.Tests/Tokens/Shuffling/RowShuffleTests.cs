using HeadScope.Data.Tokens;
using HeadScope.Data.Tokens.Shuffling;
using HeadScope.Tests.Support;

namespace HeadScope.Data.Tests.Tokens.Shuffling;

public sealed class RowShuffleTests : IDisposable
{
    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(12)]
    [InlineData(100)]
    [InlineData(100_000)]
    public void Copy_BlocksOfAnySize_PutsEachRowInItsPlace(int blockTokens)
    {
        const int Rows = 997, Context = 5;
        string source = _folder.File("source.safetensors"), target = _folder.File("target.safetensors");
        TokenFile.Write(source, [.. Enumerable.Range(0, Rows).Select(row => Enumerable.Range(row * Context, Context).ToArray())]);
        var order = NumpyPermutation.Of(Rows, 3);
        using (var tokens = TokenDataset.Open(new TokenLocation(source)))
        using (var writer = new TokenFileWriter(target, Context))
        {
            RowShuffle.Copy(tokens, order, writer, blockTokens);
            writer.Complete(new Dictionary<string, string>());
        }

        using var shuffled = TokenDataset.Open(new TokenLocation(target));
        var all = new int[Rows * Context];
        shuffled.Read(0, all);
        Assert.Equal(order.SelectMany(row => Enumerable.Range(row * Context, Context)), all);
    }
}
