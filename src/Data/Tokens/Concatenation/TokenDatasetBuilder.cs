using HeadScope.Data.Tokens.Shuffling;

namespace HeadScope.Data.Tokens.Concatenation;

/// <summary>
/// Documents to a file of token rows, as TransformerLens's <c>tokenize_and_concatenate</c> makes them, id for id. Memory holds one
/// batch of documents and its tokens at a time, whatever their number; a shuffle adds four bytes a row.
/// </summary>
public sealed class TokenDatasetBuilder
{
    readonly Tokenizer _tokenizer;
    readonly ConcatenationOptions _options;
    readonly Padding _padding;
    readonly int _endOfText;

    /// <exception cref="ArgumentOutOfRangeException">The context is below 2, or another number is below 1.</exception>
    /// <exception cref="ArgumentException">The tokenizer lacks a token that is needed, or puts tokens around each text.</exception>
    public TokenDatasetBuilder(Tokenizer tokenizer, ConcatenationOptions options)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Context, 2, nameof(options.Context));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Processes, 1, nameof(options.Processes));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Rows ?? 1, 1, nameof(options.Rows));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Threads, 1, nameof(options.Threads));
        _endOfText = tokenizer.EosId ?? throw new ArgumentException(
            $"The tokenizer has no added token '{TokenizerDefinition.EndOfText}': what ends a document and begins a row is unknown. " +
            "Use the tokenizer of a GPT-2, GPT-NeoX or Pythia model.",
            nameof(tokenizer));
        if (tokenizer.HasTemplate && options.Profile.Cut != TextCut.Documents)
        {
            throw new ArgumentException(
                $"The tokenizer's post_processor puts tokens around each text; the profile {options.Profile.Name} would put them around " +
                $"each of its pieces of text, which is not supported. Use {ConcatenationProfile.TransformerLens31.Name}, which leaves them out.",
                nameof(tokenizer));
        }

        _tokenizer = tokenizer;
        _options = options;
        _padding = new Padding(tokenizer, options.Padding);
    }

    /// <summary>One more than the largest id that a row can have: an added padding token lies beyond the tokenizer's own.</summary>
    public int VocabularySize => _padding.Tokenizer.VocabularySize;

    /// <summary>Writes the file. It appears under its name when it is complete, in place of any that had it.</summary>
    /// <param name="documents">Enumerated twice where there is more than one process.</param>
    /// <exception cref="InvalidDataException">There are no documents, or not enough text for one row.</exception>
    public ConcatenationSummary Build(
        IEnumerable<string> documents, string path, IProgress<ConcatenationProgress>? progress = null,
        CancellationToken cancellation = default)
    {
        using var writer = new TokenFileWriter(path, _options.Context);
        ConcatenationSummary summary;
        if (_options.ShuffleSeed is not { } seed)
        {
            summary = Concatenate(documents, writer, _options.Rows, progress, cancellation);
        }
        else
        {
            var inOrder = $"{path}.{Guid.NewGuid():N}.tmp";
            try
            {
                using (var all = new TokenFileWriter(inOrder, _options.Context))
                {
                    summary = Concatenate(documents, all, null, progress, cancellation);
                    all.Complete(new Dictionary<string, string>());
                }

                using var source = TokenDataset.Open(new TokenLocation(inOrder));
                var order = NumpyPermutation.Of(source.Rows, seed).AsSpan(0, Math.Min(source.Rows, _options.Rows ?? source.Rows));
                RowShuffle.Copy(source, order, writer, cancellation: cancellation);
                summary = summary with { Rows = order.Length };
            }
            finally
            {
                File.Delete(inOrder);
            }
        }

        writer.Complete(summary.ToMetadata());
        return summary;
    }

    ConcatenationSummary Concatenate(
        IEnumerable<string> documents, TokenFileWriter writer, int? rows, IProgress<ConcatenationProgress>? progress,
        CancellationToken cancellation)
    {
        var tokenizer = new BatchTokenizer(_padding, _endOfText, _options, cancellation);
        var packer = new RowPacker(writer, _options.AddBos ? _endOfText : null, Filling());
        using var hash = new TextHash();
        long read = 0, tokens = 0, most = 0;
        foreach (var batch in DocumentBatches.Of(documents, _options.Processes))
        {
            cancellation.ThrowIfCancellationRequested();
            foreach (var document in batch)
                hash.Add(document);
            read += batch.Count;
            if (tokenizer.Tokenize(batch) is { } pieces)
            {
                var count = pieces.Sum(piece => (long)piece.Count);
                tokens += count;
                most = Math.Max(most, count);
                packer.Pack(pieces, (rows ?? long.MaxValue) - writer.Rows);
            }

            progress?.Report(new ConcatenationProgress(read, tokens, writer.Rows));
            if (writer.Rows == rows)
                break;
        }

        if (read == 0)
            throw new InvalidDataException("There are no documents where text was expected.");
        if (writer.Rows == 0)
            throw NotOneRow(read, tokens, most);
        return new ConcatenationSummary(_options, _tokenizer.Hash, hash.Finish(), read, tokens, writer.Rows);
    }

    int? Filling() => _options.Profile.ShortBatch switch
    {
        ShortBatch.Dropped => null,
        ShortBatch.FilledWithKnownToken when !_padding.IsNative => _endOfText,
        _ => _padding.Id,
    };

    InvalidDataException NotOneRow(long documents, long tokens, long most) => new(
        $"The text does not fill one row of {_options.Context} tokens: it has {tokens} tokens in {documents} documents, and at most " +
        $"{most} in " +
        $"one batch of them ({DocumentBatches.Size} documents or less, since they are dealt to {_options.Processes} processes first). " +
        "Use more text, shorter rows, or one process.");
}
