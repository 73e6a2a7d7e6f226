namespace HeadScope.Data.Tokens.Concatenation;

/// <summary>
/// Documents with a separator between each two, as one text that is measured in Unicode scalar values, as Python's str is. It is never
/// put together: only the parts asked for are copied.
/// </summary>
internal sealed class JoinedText
{
    readonly string[] _pieces;
    readonly int[] _scalars;

    /// <exception cref="ArgumentException">A document has half of a surrogate pair; the message says where.</exception>
    public JoinedText(IReadOnlyList<string> documents, string separator)
    {
        _pieces = new string[Math.Max(0, 2 * documents.Count - 1)];
        _scalars = new int[_pieces.Length];
        for (var i = 0; i < _pieces.Length; i++)
        {
            _pieces[i] = i % 2 == 0 ? documents[i / 2] : separator;
            _scalars[i] = ScalarText.Count(_pieces[i]);
            Length += _scalars[i];
        }
    }

    /// <summary>In scalar values.</summary>
    public long Length { get; }

    /// <summary>It is empty, or white space throughout.</summary>
    public bool IsBlank => Array.TrueForAll(_pieces, piece => piece.AsSpan().ContainsOnlyWhiteSpace());

    /// <summary>The place so many scalar values further on; the text's end where it has fewer.</summary>
    public TextPosition Advance(TextPosition from, long count)
    {
        var (piece, index, scalar) = from;
        while (piece < _pieces.Length && count >= _scalars[piece] - scalar)
        {
            count -= _scalars[piece] - scalar;
            (piece, index, scalar) = (piece + 1, 0, 0);
        }

        if (piece == _pieces.Length || count == 0)
            return new TextPosition(piece, index, scalar);
        // Without surrogate pairs the two measures agree.
        var rest = _pieces[piece].AsSpan(index);
        index += _scalars[piece] == _pieces[piece].Length ? (int)count : ScalarText.IndexOf(rest, (int)count);
        return new TextPosition(piece, index, scalar + (int)count);
    }

    /// <summary>Whether white space comes next; false at the end.</summary>
    public bool IsWhiteSpace(TextPosition at) => at.Piece < _pieces.Length && ScalarText.IsWhiteSpace(_pieces[at.Piece][at.Index]);

    public bool IsEnd(TextPosition at) => at.Piece == _pieces.Length;

    /// <summary>The text from one place to another, behind it or the same.</summary>
    public char[] Copy(TextPosition start, TextPosition end)
    {
        var length = -(long)start.Index + end.Index;
        for (var piece = start.Piece; piece < end.Piece; piece++)
            length += _pieces[piece].Length;
        var copy = GC.AllocateUninitializedArray<char>(checked((int)length));
        var written = 0;
        for (var piece = start.Piece; piece <= end.Piece && written < copy.Length; piece++)
        {
            var from = piece == start.Piece ? start.Index : 0;
            var part = _pieces[piece].AsSpan(from..(piece == end.Piece ? end.Index : _pieces[piece].Length));
            part.CopyTo(copy.AsSpan(written));
            written += part.Length;
        }

        return copy;
    }
}
