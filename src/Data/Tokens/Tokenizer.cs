using System.Buffers;
using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using System.Text;
using HeadScope.Data.Files;

namespace HeadScope.Data.Tokens;

/// <summary>
/// A byte-level BPE tokenizer of the GPT-2 or GPT-NeoX family: text to token ids and back, id for id as the Hugging Face
/// tokenizers library does it. Safe to use from many threads at once.
/// </summary>
/// <remarks>
/// No token is ever put before, between or behind those of the text itself. Added tokens are recognised in the text: the text
/// <c>&lt;|endoftext|&gt;</c> is one token. Characters are classed by the runtime's Unicode tables (16.0 in .NET 10), normal form C is
/// that of Unicode 9.0, both as in that library.
/// </remarks>
public sealed class Tokenizer
{
    readonly TokenizerDefinition _definition;
    readonly ByteLevelBpe _bpe;
    readonly AddedTokenMatcher? _rawTokens;
    readonly AddedTokenMatcher? _normalizedTokens;
    readonly TokenBytes _bytes;

    // One for each thread that ever encoded at the same time as others.
    readonly ConcurrentBag<TextEncoder> _encoders = [];

    Tokenizer(TokenizerDefinition definition)
    {
        _definition = definition;
        _bpe = new ByteLevelBpe(definition);
        _bytes = new TokenBytes(definition);
        _rawTokens = Matcher(normalized: false);
        _normalizedTokens = Matcher(normalized: true);
        BosId = EosId = definition.AddedTokens.FirstOrDefault(token => token.Content == TokenizerDefinition.EndOfText)?.Id;

        AddedTokenMatcher? Matcher(bool normalized)
        {
            var tokens = definition.AddedTokens.Where(token => token.Normalized == normalized).ToList();
            return tokens.Count == 0 ? null : new AddedTokenMatcher(tokens, definition.SoughtAs);
        }
    }

    /// <summary>
    /// Reads a tokenizer from a folder or file: <c>tokenizer.json</c> (of any name where a file is named), or GPT-2's pair
    /// <c>vocab.json</c> or <c>encoder.json</c> and <c>merges.txt</c> or <c>vocab.bpe</c>. A folder's tokenizer.json comes first.
    /// </summary>
    /// <exception cref="FileNotFoundException">No such files there.</exception>
    /// <exception cref="InvalidDataException">A file is damaged or asks for what is not supported: the message names the field.</exception>
    public static Tokenizer Load(string folderOrFile)
    {
        ArgumentException.ThrowIfNullOrEmpty(folderOrFile);
        return new Tokenizer(TokenizerFiles.Read(InputPath.Anywhere(folderOrFile)));
    }

    /// <summary>The tokenizer in a model's folder, or null where there is none.</summary>
    /// <exception cref="InvalidDataException">As for <see cref="Load(string)"/>; or a file lies where it may not.</exception>
    public static Tokenizer? TryLoad(InputPath folder) => TokenizerFiles.AreIn(folder) ? new Tokenizer(TokenizerFiles.Read(folder)) : null;

    /// <summary>Reads a <c>tokenizer.json</c> to the end of a stream, which stays open.</summary>
    /// <exception cref="InvalidDataException">As for <see cref="Load(string)"/>; the message begins with the name given.</exception>
    public static Tokenizer Load(Stream tokenizerJson, string nameForErrors)
    {
        ArgumentNullException.ThrowIfNull(tokenizerJson);
        return new Tokenizer(TokenizerFiles.Read(tokenizerJson, nameForErrors));
    }

    /// <summary>One more than the largest token id. A model's embedding may have more rows, padded to a round number.</summary>
    public int VocabularySize => _bytes.Size;

    /// <summary>The tokens that are cut out of the text before merging, in the order of the file.</summary>
    public IReadOnlyList<AddedToken> AddedTokens => _definition.AddedTokens;

    /// <summary>The token that begins a text, where it is known: the added token <c>&lt;|endoftext|&gt;</c>.</summary>
    public int? BosId { get; }

    /// <summary>The token that ends a text; the same.</summary>
    public int? EosId { get; }

    /// <summary>Sha256, in lower-case hex, of tokenizer.json, or of the vocabulary file followed by the merges file.</summary>
    public string Hash => _definition.Hash;

    /// <summary>The file has a template that puts special tokens around a text. It is not applied here.</summary>
    public bool HasTemplate => _definition.HasTemplate;

    /// <summary>
    /// This tokenizer with one more special token, under the id that the Hugging Face library would give it: the one the vocabulary
    /// has for it, or the next after all tokens. The hash stays that of the files.
    /// </summary>
    /// <exception cref="ArgumentException">The text is empty, or an added token already.</exception>
    public Tokenizer WithSpecialToken(string content)
    {
        ArgumentException.ThrowIfNullOrEmpty(content);
        if (AddedTokens.Any(token => token.Content == content))
            throw new ArgumentException($"'{content}' is an added token of this tokenizer already.", nameof(content));
        var id = _definition.Vocabulary.IdOf(content)
            ?? AddedTokens.Select(token => token.Id + 1).Append(_definition.Vocabulary.Count).Max();
        return new Tokenizer(_definition with { AddedTokens = [.. AddedTokens, AddedToken.NewSpecial(id, content)] });
    }

    /// <summary>The ids of a text's tokens.</summary>
    /// <exception cref="ArgumentException">The text has half of a surrogate pair; the message says where.</exception>
    public int[] Encode(ReadOnlySpan<char> text)
    {
        var ids = new List<int>(text.Length / 4);
        Encode(text, ids);
        return [.. ids];
    }

    /// <inheritdoc cref="Encode(ReadOnlySpan{char})"/>
    public int[] Encode(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Encode(text.AsSpan());
    }

    /// <summary>Appends the ids of a text's tokens to a list.</summary>
    /// <exception cref="ArgumentException">The text has half of a surrogate pair; the message says where. Nothing was added.</exception>
    public void Encode(ReadOnlySpan<char> text, List<int> ids)
    {
        ArgumentNullException.ThrowIfNull(ids);
        Encode(text, new ListWriter(ids));
    }

    /// <inheritdoc cref="Encode(ReadOnlySpan{char}, List{int})"/>
    public void Encode(ReadOnlySpan<char> text, IBufferWriter<int> ids)
    {
        ArgumentNullException.ThrowIfNull(ids);
        RejectLoneSurrogates(text);
        if (!_encoders.TryTake(out var encoder))
            encoder = new TextEncoder(_definition, _bpe, _rawTokens, _normalizedTokens);
        encoder.Encode(text, ids);
        if (encoder.IsWorthKeeping)
            _encoders.Add(encoder);
    }

    /// <summary>
    /// The text of tokens. Bytes that are not UTF-8 become U+FFFD, one for each maximal part of a character, as with
    /// errors="replace" in Python.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">An id names no token.</exception>
    public string Decode(ReadOnlySpan<int> ids)
    {
        var bytes = new ArrayBufferWriter<byte>(Math.Max(1, ids.Length * 4));
        foreach (var id in ids)
            bytes.Write(BytesOf(id));
        return Encoding.UTF8.GetString(bytes.WrittenSpan);
    }

    /// <summary>Whether an id names a token.</summary>
    public bool IsToken(int id) => _bytes.Has(id);

    /// <summary>The bytes a token stands for: often a part of a character only.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The id names no token.</exception>
    public ReadOnlySpan<byte> BytesOf(int id) => _bytes.Has(id)
        ? _bytes[id]
        : throw new ArgumentOutOfRangeException(
            nameof(id), id, $"No token has this id; the vocabulary's are below {VocabularySize}. Are these the ids of another tokenizer?");

    /// <summary>
    /// One token's text, for display: parts of characters show as U+FFFD, an id without a token, such as a padding row's, as "[id]".
    /// </summary>
    public string TokenText(int id) => _bytes.Has(id) ? Encoding.UTF8.GetString(_bytes[id]) : $"[{id}]";

    static void RejectLoneSurrogates(ReadOnlySpan<char> text)
    {
        for (var at = 0; ;)
        {
            var offset = text[at..].IndexOfAnyInRange('\uD800', '\uDFFF');
            if (offset < 0)
                return;
            at += offset;
            if (!char.IsHighSurrogate(text[at]) || at + 1 == text.Length || !char.IsLowSurrogate(text[at + 1]))
            {
                throw new ArgumentException(
                    $"The text has half of a surrogate pair, U+{(int)text[at]:X4}, at index {at}, where whole characters were expected. " +
                    "Decode its source with replacement of invalid bytes.",
                    nameof(text));
            }

            at += 2;
        }
    }

    /// <summary>A list as the target of a writer.</summary>
    sealed class ListWriter(List<int> list) : IBufferWriter<int>
    {
        int _written = list.Count;

        public void Advance(int count) => CollectionsMarshal.SetCount(list, _written += count);

        public Span<int> GetSpan(int sizeHint = 0)
        {
            CollectionsMarshal.SetCount(list, _written + Math.Max(sizeHint, 1));
            return CollectionsMarshal.AsSpan(list)[_written..];
        }

        public Memory<int> GetMemory(int sizeHint = 0) => throw new NotSupportedException();
    }
}
