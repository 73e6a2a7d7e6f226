namespace HeadScope.Data.Tokens;

/// <summary>Two neighbouring tokens and the token they become. Its rank is its place in the list of merges.</summary>
internal readonly record struct Merge(int Left, int Right, int Result);

/// <summary>A token that is cut out of the text before any merging, as the tokenizer's file defines it.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Content">The text it stands for.</param>
/// <param name="Special">Marks structure rather than text: <c>&lt;|endoftext|&gt;</c>, padding.</param>
/// <param name="Normalized">It is sought in the normalised text, in its own normalised form; otherwise in the text as given.</param>
/// <param name="SingleWord">It counts only where no word character touches it.</param>
/// <param name="LeftStrip">It swallows the white space before it.</param>
/// <param name="RightStrip">It swallows the white space after it.</param>
public sealed record AddedToken(int Id, string Content, bool Special, bool Normalized, bool SingleWord, bool LeftStrip, bool RightStrip)
{
    /// <summary>As the Hugging Face library makes one of a text alone: sought in the text as given, anywhere.</summary>
    internal static AddedToken NewSpecial(int id, string content) =>
        new(id, content, Special: true, Normalized: false, SingleWord: false, LeftStrip: false, RightStrip: false);
}

/// <summary>What a tokenizer's files say, checked: every id is in range and names one token, every merge names known tokens.</summary>
internal sealed record TokenizerDefinition
{
    /// <summary>Stands between documents, before the first and after the last, in both families.</summary>
    public const string EndOfText = "<|endoftext|>";

    /// <summary>The model's tokens, in the <see cref="ByteAlphabet"/>.</summary>
    public required Vocabulary Vocabulary { get; init; }

    /// <summary>In order of rank.</summary>
    public required IReadOnlyList<Merge> Merges { get; init; }

    public IReadOnlyList<AddedToken> AddedTokens { get; init; } = [];

    /// <summary>Stands for a byte the vocabulary lacks. Without one, such a byte is dropped.</summary>
    public int? UnknownId { get; init; }

    /// <summary>Neighbouring unknown bytes become one token.</summary>
    public bool FuseUnknown { get; init; }

    /// <summary>The text is brought into normal form C.</summary>
    public bool Normalize { get; init; }

    /// <summary>A piece of text that does not begin with a space is given one.</summary>
    public bool AddPrefixSpace { get; init; }

    /// <summary>The text is cut into words by GPT-2's pattern; otherwise each piece of it is one word.</summary>
    public bool SplitWords { get; init; } = true;

    /// <summary>The file's post-processor would put tokens around the text.</summary>
    public bool HasTemplate { get; init; }

    /// <summary>Sha256 of the files, in lower-case hex.</summary>
    public required string Hash { get; init; }

    /// <summary>How an added token is written in the text where it is sought.</summary>
    public static string SoughtAs(AddedToken token, bool normalize) =>
        normalize && token.Normalized ? new NormalFormC().Normalize(token.Content).ToString() : token.Content;

    /// <inheritdoc cref="SoughtAs(AddedToken, bool)"/>
    public string SoughtAs(AddedToken token) => SoughtAs(token, Normalize);
}
