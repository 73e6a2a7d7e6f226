using System.Globalization;

namespace HeadScope.Data.Tokens.Concatenation;

/// <summary>
/// What a token file was made of, and how. The same for the same documents, tokenizer and options, wherever and whenever.
/// </summary>
/// <param name="Options">As asked for.</param>
/// <param name="TokenizerHash">SHA-256 of the tokenizer's files, in lower-case hex.</param>
/// <param name="TextHash">SHA-256 of the documents read: of each in order the length of its UTF-8 in 8 bytes, little-endian, then its
/// UTF-8.</param>
/// <param name="Documents">Documents read.</param>
/// <param name="Tokens">Tokens of their text, without padding and the rows' beginnings.</param>
/// <param name="Rows">Rows of the file.</param>
public sealed record ConcatenationSummary(
    ConcatenationOptions Options, string TokenizerHash, string TextHash, long Documents, long Tokens, long Rows)
{
    /// <summary>As the file's metadata have it.</summary>
    public IReadOnlyDictionary<string, string> ToMetadata()
    {
        var facts = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            ["profile"] = Options.Profile.Name,
            ["context"] = Invariant(Options.Context),
            ["rows"] = Invariant(Rows),
            ["add_bos"] = Options.AddBos ? "true" : "false",
            ["padding"] = Options.Padding,
            ["processes"] = Invariant(Options.Processes),
            ["documents"] = Invariant(Documents),
            ["text_sha256"] = TextHash,
            ["tokenizer_sha256"] = TokenizerHash,
        };
        if (Options.ShuffleSeed is { } seed)
            facts.Add("shuffle_seed", Invariant(seed));
        return facts;
    }

    static string Invariant(IFormattable number) => number.ToString(null, CultureInfo.InvariantCulture);
}
