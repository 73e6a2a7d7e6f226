namespace HeadScope.Data.Tokens.Concatenation;

/// <summary>How documents become token rows. All but <see cref="Threads"/> decides what the rows hold.</summary>
public sealed record ConcatenationOptions
{
    /// <summary>How many processes <c>tokenize_and_concatenate</c> starts unless told otherwise.</summary>
    public const int DefaultProcesses = 10;

    /// <summary>The padding token of a model's own tokenizer: the end-of-text token.</summary>
    public const string DefaultPadding = TokenizerDefinition.EndOfText;

    /// <summary>The padding token that the function adds to a tokenizer that has none. Where the text says so, it is one token.</summary>
    public const string AddedPadding = "<PAD>";

    /// <summary>The generation of the function. The default value is notebook 002's.</summary>
    public ConcatenationProfile Profile { get; init; } = ConcatenationProfile.TransformerLens1;

    /// <summary>Tokens a row, at least 2: <c>max_length</c>.</summary>
    public required int Context { get; init; }

    /// <summary>Each row starts with the beginning-of-text token: <c>add_bos_token</c>. The default value is true.</summary>
    public bool AddBos { get; init; } = true;

    /// <summary>
    /// The tokenizer's padding token, by its text: one of its added tokens, or <see cref="AddedPadding"/>. The default value is
    /// <see cref="DefaultPadding"/>.
    /// </summary>
    public string Padding { get; init; } = DefaultPadding;

    /// <summary>
    /// Into how many runs of neighbours the documents are dealt before each run is taken in batches: <c>num_proc</c>. With 1, or
    /// with a stream of documents, there is one run. The default value is 10.
    /// </summary>
    public int Processes { get; init; } = DefaultProcesses;

    /// <summary>
    /// The rows are shuffled as Hugging Face's <c>Dataset.shuffle(seed)</c> does; null leaves them in the documents' order.
    /// </summary>
    public ulong? ShuffleSeed { get; init; }

    /// <summary>Keep the first rows, so many, of those there would be; null for all.</summary>
    public int? Rows { get; init; }

    /// <summary>Threads that tokenise. They change no byte of the outcome.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;
}
