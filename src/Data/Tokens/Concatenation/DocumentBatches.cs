namespace HeadScope.Data.Tokens.Concatenation;

/// <summary>
/// Documents in the batches that Hugging Face's <c>Dataset.map(batched=True, num_proc=processes)</c> makes of them: first runs of
/// neighbours, one for each process, as equal as can be, the longer ones first; then batches of <see cref="Size"/> within each run.
/// No batch spans two runs, and none is left out.
/// </summary>
public static class DocumentBatches
{
    /// <summary>Documents in a batch, unless it is the last of its run.</summary>
    public const int Size = 1000;

    /// <summary>The batches, in order. Where there are several runs, the documents are counted first: they are enumerated twice.</summary>
    /// <exception cref="InvalidDataException">The second time there were not as many documents as the first time.</exception>
    public static IEnumerable<IReadOnlyList<string>> Of(IEnumerable<string> documents, int processes)
    {
        ArgumentNullException.ThrowIfNull(documents);
        ArgumentOutOfRangeException.ThrowIfLessThan(processes, 1);
        return processes == 1 ? documents.Chunk(Size) : OfRuns(documents, processes);
    }

    static IEnumerable<IReadOnlyList<string>> OfRuns(IEnumerable<string> documents, int processes)
    {
        var count = documents.LongCount();
        var runs = Math.Min(processes, count);
        using var source = documents.GetEnumerator();
        for (var run = 0; run < runs; run++)
        {
            var left = count / runs + (run < count % runs ? 1 : 0);
            while (left > 0)
            {
                var batch = new List<string>((int)Math.Min(left, Size));
                while (batch.Count < batch.Capacity)
                {
                    if (!source.MoveNext())
                        throw Changed(count);
                    batch.Add(source.Current);
                }

                left -= batch.Count;
                yield return batch;
            }
        }

        if (source.MoveNext())
            throw Changed(count);
    }

    static InvalidDataException Changed(long count) =>
        new($"The documents were {count} when they were counted and another number when they were read. Do not change them meanwhile.");
}
