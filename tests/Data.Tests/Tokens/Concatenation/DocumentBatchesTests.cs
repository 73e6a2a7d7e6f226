using HeadScope.Data.Tokens.Concatenation;

namespace HeadScope.Data.Tests.Tokens.Concatenation;

public class DocumentBatchesTests
{
    [Theory]
    [InlineData(0, 10, new int[0])]
    [InlineData(3, 10, new[] { 1, 1, 1 })]
    [InlineData(25, 10, new[] { 3, 3, 3, 3, 3, 2, 2, 2, 2, 2 })]
    [InlineData(2500, 1, new[] { 1000, 1000, 500 })]
    [InlineData(2001, 2, new[] { 1000, 1, 1000 })]
    [InlineData(10_000, 10, new[] { 1000, 1000, 1000, 1000, 1000, 1000, 1000, 1000, 1000, 1000 })]
    [InlineData(10_001, 10, new[] { 1000, 1, 1000, 1000, 1000, 1000, 1000, 1000, 1000, 1000, 1000 })]
    public void Of_DealtToProcesses_HasTheirBatches(int count, int processes, int[] sizes)
    {
        var documents = Enumerable.Range(0, count).Select(i => $"{i}");
        var batches = DocumentBatches.Of(documents, processes).ToList();
        Assert.Equal(sizes, batches.Select(batch => batch.Count));
        Assert.Equal(documents, batches.SelectMany(batch => batch));
    }

    [Theory]
    [InlineData(20)]
    [InlineData(22)]
    public void Of_DocumentsThatChangeMeanwhile_SaysSo(int second)
    {
        var counts = new Queue<int>([21, second]);
        IEnumerable<string> Documents()
        {
            foreach (var i in Enumerable.Range(0, counts.Dequeue()))
                yield return $"{i}";
        }

        Assert.Contains(
            "21 when they were counted", Assert.Throws<InvalidDataException>(() => DocumentBatches.Of(Documents(), 2).ToList()).Message,
            StringComparison.Ordinal);
    }
}
