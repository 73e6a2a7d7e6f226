using System.Runtime.ExceptionServices;

namespace HeadScope.Data.Tokens.Concatenation;

/// <summary>
/// One batch of documents as tokens, as a profile has it. Several threads tokenise the pieces of its text: beside the batch, memory holds
/// its tokens and one piece for each thread.
/// </summary>
internal sealed class BatchTokenizer(Padding padding, int endOfText, ConcatenationOptions options, CancellationToken cancellation)
{
    /// <summary>Into so many pieces a batch's text is cut, whatever its length.</summary>
    const int Chunks = 20;

    readonly Tokenizer _tokenizer = padding.Tokenizer;
    readonly ParallelOptions _parallel = new() { MaxDegreeOfParallelism = options.Threads, CancellationToken = cancellation };

    /// <summary>The batch's tokens in order, piece by piece; null where the profile passes over the batch.</summary>
    public List<int>[]? Tokenize(IReadOnlyList<string> documents)
    {
        if (options.Profile.Cut == TextCut.Documents)
            return TokenizeDocuments(documents);
        var text = new JoinedText(documents, TokenizerDefinition.EndOfText);
        return options.Profile.ShortBatch != ShortBatch.Dropped && text.IsBlank ? null : TokenizeChunks(text);
    }

    List<int>[] TokenizeDocuments(IReadOnlyList<string> documents)
    {
        var tokens = new List<int>[documents.Count];
        ForEach(documents.Count, i =>
        {
            tokens[i] = Encode(documents[i]);
            if (i < documents.Count - 1)
                tokens[i].Add(endOfText);
        });
        return tokens;
    }

    List<int>[] TokenizeChunks(JoinedText text)
    {
        var cuts = Cut(text);
        var tokens = new List<int>[Chunks];
        ForEach(Chunks, i =>
        {
            tokens[i] = Encode(text.Copy(cuts[i], cuts[i + 1]));
            tokens[i].RemoveAll(id => id == padding.Id);
        });
        return tokens;
    }

    /// <summary>Where pieces begin and end: one more place than there are pieces.</summary>
    TextPosition[] Cut(JoinedText text)
    {
        var length = (text.Length - 1) / Chunks + 1;
        var lookAhead = options.Profile.Cut == TextCut.WhiteSpace ? length / 10 : 0;
        var cuts = new TextPosition[Chunks + 1];
        for (var i = 1; i <= Chunks; i++)
        {
            cuts[i] = text.Advance(cuts[i - 1], length);
            for (var step = 0L; step < lookAhead && !text.IsEnd(cuts[i]) && !text.IsWhiteSpace(cuts[i]); step++)
                cuts[i] = text.Advance(cuts[i], 1);
        }

        return cuts;
    }

    void ForEach(int count, Action<int> work)
    {
        try
        {
            Parallel.For(0, count, _parallel, work);
        }
        catch (AggregateException e)
        {
            ExceptionDispatchInfo.Throw(e.InnerExceptions[0]);
        }
    }

    List<int> Encode(ReadOnlySpan<char> text)
    {
        var ids = new List<int>(text.Length / 4);
        _tokenizer.Encode(text, ids);
        return ids;
    }
}
