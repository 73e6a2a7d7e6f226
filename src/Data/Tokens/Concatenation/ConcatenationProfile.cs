namespace HeadScope.Data.Tokens.Concatenation;

/// <summary>Where a batch of documents is cut before its pieces are tokenised, each by itself.</summary>
public enum TextCut
{
    /// <summary>
    /// The documents are joined by the end-of-text token's text, and that text of n characters (Unicode scalar values, as in a Python
    /// str) is cut into 20 pieces of (n - 1) / 20 + 1 characters, wherever that falls: within a word, within the text of an end-of-text
    /// token. The last pieces may be short or empty.
    /// </summary>
    Characters,

    /// <summary>
    /// As <see cref="Characters"/>, but each cut moves on to the next white space (Python's <c>str.isspace</c>), by at most a tenth
    /// of a piece; the next piece starts there.
    /// </summary>
    WhiteSpace,

    /// <summary>Each document is a piece, and one end-of-text token stands between two.</summary>
    Documents,
}

/// <summary>What becomes of a batch whose tokens do not fill one row.</summary>
public enum ShortBatch
{
    /// <summary>It gives no row.</summary>
    Dropped,

    /// <summary>It gives one row, filled up with the padding token, be it one that no model knows.</summary>
    FilledWithPadding,

    /// <summary>
    /// It gives one row, filled up with the padding token where the tokenizer came with one, with the end-of-text token otherwise.
    /// </summary>
    FilledWithKnownToken,
}

/// <summary>
/// One generation of TransformerLens's <c>tokenize_and_concatenate</c>. All share this: documents are taken in batches of 1,000
/// (<see cref="DocumentBatches"/>); a batch becomes one sequence of tokens; it is cut into rows of max_length - 1 tokens, each behind
/// a beginning-of-text token; what is left over, less than a row, is dropped.
/// </summary>
/// <remarks>
/// Where the text is joined before it is tokenised, padding tokens are dropped from the sequence, and with them whatever shares their
/// id: a model's own tokenizer (<c>model.tokenizer</c>) pads with the end-of-text token, so no document's end remains.
/// </remarks>
/// <param name="Name">As options and metadata write it: the first release that has it.</param>
/// <param name="Versions">The releases that have it, by their tags.</param>
/// <param name="Cut">Where batches are cut.</param>
/// <param name="ShortBatch">What becomes of a batch that does not fill a row.</param>
public sealed record ConcatenationProfile(string Name, string Versions, TextCut Cut, ShortBatch ShortBatch)
{
    /// <summary>Notebook 002's: cut at characters, no short rows.</summary>
    public static ConcatenationProfile TransformerLens1 { get; } = new(
        "transformer-lens-1", "0.2.0 to 2.7.1", TextCut.Characters, ShortBatch.Dropped);

    /// <summary>The same, with a filled row for a short batch, unless its text is white space and nothing else.</summary>
    public static ConcatenationProfile TransformerLens28 { get; } =
        new("transformer-lens-2.8", "2.8.0 to 2.17.0, 3.0.0a1 to 3.0.0b3", TextCut.Characters, ShortBatch.FilledWithPadding);

    /// <summary>Cut at white space; a short row holds tokens of the vocabulary only.</summary>
    public static ConcatenationProfile TransformerLens218 { get; } =
        new("transformer-lens-2.18", "2.18.0 and 3.0.0", TextCut.WhiteSpace, ShortBatch.FilledWithKnownToken);

    /// <summary>
    /// Documents are never cut and padding is never dropped: the documents' ends remain. A batch gives a row even where it has no token.
    /// </summary>
    public static ConcatenationProfile TransformerLens31 { get; } =
        new("transformer-lens-3.1", "3.1.0 to 4.0.0b1", TextCut.Documents, ShortBatch.FilledWithKnownToken);

    /// <summary>Every profile, the oldest first.</summary>
    public static IReadOnlyList<ConcatenationProfile> All { get; } =
    [
        TransformerLens1, TransformerLens28, TransformerLens218, TransformerLens31,
    ];
}
