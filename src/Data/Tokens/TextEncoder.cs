using System.Buffers;
using System.Text;

namespace HeadScope.Data.Tokens;

/// <summary>
/// Text to token ids: added tokens cut out, normal form C, added tokens again, words, merges. Keeps memory and a cache
/// of words between texts. Used by one thread.
/// </summary>
internal sealed class TextEncoder(
    TokenizerDefinition definition, ByteLevelBpe bpe, AddedTokenMatcher? rawTokens, AddedTokenMatcher? normalizedTokens)
{
    /// <summary>Beyond this many bytes of memory, grown for an unusual text, an encoder is not worth keeping.</summary>
    const long WorthKeeping = 8 << 20;

    readonly NormalFormC _normalForm = new();
    readonly MergeScratch _scratch = bpe.NewScratch();
    readonly WordCache _cache = new();
    readonly IdBuffer _ids = new();
    char[] _prefixed = [];
    byte[] _bytes = new byte[256];

    public bool IsWorthKeeping =>
        _normalForm.HeldBytes + _scratch.HeldBytes + (long)_prefixed.Length * sizeof(char) + _bytes.Length < WorthKeeping;

    /// <param name="text">Well-formed UTF-16.</param>
    /// <param name="ids">Where the tokens go.</param>
    public void Encode(ReadOnlySpan<char> text, IBufferWriter<int> ids)
    {
        _ids.Target = ids;
        try
        {
            EncodeText(text);
            _ids.Flush();
        }
        finally
        {
            _ids.Clear();
        }
    }

    void EncodeText(ReadOnlySpan<char> text)
    {
        if (rawTokens is null)
        {
            Normalize(text);
            return;
        }

        var cuts = rawTokens.Cut(text);
        while (cuts.MoveNext())
        {
            if (cuts.Token is { } token)
                _ids.Add([token.Id]);
            else
                Normalize(cuts.Between);
        }
    }

    void Normalize(ReadOnlySpan<char> text)
    {
        if (definition.Normalize)
            text = _normalForm.Normalize(text);
        if (normalizedTokens is null)
        {
            EncodePiece(text);
            return;
        }

        var cuts = normalizedTokens.Cut(text);
        while (cuts.MoveNext())
        {
            if (cuts.Token is { } token)
                _ids.Add([token.Id]);
            else
                EncodePiece(cuts.Between);
        }
    }

    void EncodePiece(ReadOnlySpan<char> piece)
    {
        if (definition.AddPrefixSpace && piece is not [] and not [' ', ..])
            piece = Prefix(piece);
        for (var start = 0; start < piece.Length;)
        {
            var end = definition.SplitWords ? PreTokenizer.WordEnd(piece, start) : piece.Length;
            EncodeWord(piece, start, end - start);
            start = end;
        }
    }

    ReadOnlySpan<char> Prefix(ReadOnlySpan<char> piece)
    {
        if (_prefixed.Length <= piece.Length)
            _prefixed = new char[piece.Length + 1];
        _prefixed[0] = ' ';
        piece.CopyTo(_prefixed.AsSpan(1));
        return _prefixed.AsSpan(0, piece.Length + 1);
    }

    void EncodeWord(ReadOnlySpan<char> piece, int start, int length)
    {
        if (length > WordCache.MaxLength)
        {
            _ids.Add(Merge(piece.Slice(start, length)));
            return;
        }

        var key = WordCache.KeyOf(piece, start, length);
        ref var entry = ref _cache[key];
        if (entry.Holds(key, length))
        {
            _ids.Add(entry.Ids);
            return;
        }

        var ids = Merge(piece.Slice(start, length));
        if (ids.Length <= WordCache.MaxIds)
            entry.Set(key, length, ids);
        _ids.Add(ids);
    }

    ReadOnlySpan<int> Merge(ReadOnlySpan<char> word)
    {
        // A UTF-16 code unit takes at most three bytes of UTF-8.
        if (_bytes.Length / 3 < word.Length)
            _bytes = new byte[Encoding.UTF8.GetMaxByteCount(word.Length)];
        return bpe.Encode(_bytes.AsSpan(0, Encoding.UTF8.GetBytes(word, _bytes)), _scratch);
    }
}
