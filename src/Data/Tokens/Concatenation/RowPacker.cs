using System.Runtime.InteropServices;

namespace HeadScope.Data.Tokens.Concatenation;

/// <summary>Cuts a batch's tokens into rows.</summary>
internal sealed class RowPacker
{
    readonly TokenFileWriter _writer;
    readonly int[] _row;
    readonly int _start;
    readonly int? _filling;

    /// <param name="writer">Where the rows go.</param>
    /// <param name="bos">Begins each row; null for rows without.</param>
    /// <param name="filling">Fills up the only row of a batch; null where there is to be no such row.</param>
    public RowPacker(TokenFileWriter writer, int? bos, int? filling)
    {
        _writer = writer;
        _row = new int[writer.Context];
        _start = bos is null ? 0 : 1;
        _row[0] = bos ?? 0;
        _filling = filling;
    }

    /// <summary>Writes a batch's rows, or the first of them, so many. What does not fill a row is dropped.</summary>
    public void Pack(IEnumerable<List<int>> tokens, long most)
    {
        var (at, written) = (_start, 0L);
        foreach (var piece in tokens)
        {
            var rest = CollectionsMarshal.AsSpan(piece);
            while (!rest.IsEmpty && written < most)
            {
                var part = rest[..Math.Min(rest.Length, _row.Length - at)];
                part.CopyTo(_row.AsSpan(at));
                rest = rest[part.Length..];
                at += part.Length;
                if (at < _row.Length)
                    continue;
                _writer.Append(_row);
                written++;
                at = _start;
            }
        }

        if (written > 0 || _filling is not { } filling)
            return;
        _row.AsSpan(at).Fill(filling);
        _writer.Append(_row);
    }
}
