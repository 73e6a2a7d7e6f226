using System.Buffers;
using System.Text;

namespace HeadScope.Data.Tokens;

/// <summary>
/// Finds added tokens in text: at the leftmost place where any stands, the longest that stands there, then on from its end.
/// </summary>
internal sealed class AddedTokenMatcher
{
    /// <summary>In UTF-16 code units. With it, a search costs at most so many steps for each place in the text.</summary>
    public const int MaxLength = 1024;

    /// <summary>Of the tokens of one tokenizer together. The largest lists in use have a tenth of it.</summary>
    public const int MaxTotalLength = 1 << 20;

    readonly SearchValues<string> _contents;
    readonly Dictionary<(int Node, char Next), int> _edges = [];
    readonly Dictionary<int, AddedToken> _ends = [];

    /// <param name="tokens">At least one; the contents differ and are none of them empty.</param>
    /// <param name="contents">How each is written in the text that will be searched.</param>
    public AddedTokenMatcher(IReadOnlyList<AddedToken> tokens, Func<AddedToken, string> contents)
    {
        _contents = SearchValues.Create([.. tokens.Select(contents)], StringComparison.Ordinal);
        foreach (var token in tokens)
        {
            var node = 0;
            foreach (var c in contents(token))
            {
                if (!_edges.TryGetValue((node, c), out var next))
                    _edges.Add((node, c), next = _edges.Count + 1);
                node = next;
            }

            _ends.Add(node, token);
        }
    }

    /// <summary>Cuts text into added tokens and what lies between them, in order.</summary>
    public Cuts Cut(ReadOnlySpan<char> text) => new(this, text);

    /// <summary>The next added token at or after a place, whatever its conditions.</summary>
    (AddedToken Token, int Start, int End)? Find(ReadOnlySpan<char> text, int from)
    {
        var offset = text[from..].IndexOfAny(_contents);
        if (offset < 0)
            return null;
        AddedToken? longest = null;
        int start = from + offset, end = start, node = 0;
        for (var at = start; at < text.Length && _edges.TryGetValue((node, text[at]), out node); at++)
        {
            if (!_ends.TryGetValue(node, out var token))
                continue;
            longest = token;
            end = at + 1;
        }

        return (longest!, start, end);
    }

    /// <summary>Whether a word character stands before start or at end.</summary>
    static bool TouchesWord(ReadOnlySpan<char> text, int start, int end)
    {
        // Decoding fails at an end of the text only, and nothing touches there.
        return Rune.DecodeLastFromUtf16(text[..start], out var before, out _) == OperationStatus.Done && TextClasses.IsWordCharacter(before)
            || Rune.DecodeFromUtf16(text[end..], out var after, out _) == OperationStatus.Done && TextClasses.IsWordCharacter(after);
    }

    /// <summary>Walks over the cuts of one text.</summary>
    public ref struct Cuts
    {
        readonly AddedTokenMatcher _matcher;
        readonly ReadOnlySpan<char> _text;
        int _searched;
        int _written;
        AddedToken? _pending;
        int _pendingEnd;

        internal Cuts(AddedTokenMatcher matcher, ReadOnlySpan<char> text)
        {
            _matcher = matcher;
            _text = text;
        }

        /// <summary>The added token at this cut; where null, <see cref="Between"/> holds text.</summary>
        public AddedToken? Token { get; private set; }

        /// <summary>Text between added tokens, never empty.</summary>
        public ReadOnlySpan<char> Between { get; private set; }

        /// <summary>Goes to the first cut, then to the next; false behind the last.</summary>
        public bool MoveNext()
        {
            Token = null;
            while (_pending is null && _searched < _text.Length)
            {
                if (_matcher.Find(_text, _searched) is not var (token, start, end))
                {
                    _searched = _text.Length;
                    break;
                }

                _searched = end;
                if (token.SingleWord && TouchesWord(_text, start, end))
                    continue;
                if (token.LeftStrip)
                    start = _text[..start].TrimEnd().Length;
                if (token.RightStrip)
                    end = _text.Length - _text[end..].TrimStart().Length;
                _pending = token;
                _pendingEnd = end;
                if (_written >= start)
                    break;
                Between = _text[_written..start];
                return true;
            }

            if (_pending is not null)
            {
                Token = _pending;
                _pending = null;
                _written = _pendingEnd;
                return true;
            }

            if (_written >= _text.Length)
                return false;
            Between = _text[_written..];
            _written = _text.Length;
            return true;
        }
    }
}
