using System.Buffers;

namespace HeadScope.Data.Tokens;

/// <summary>The bytes each token stands for, end to end in one array.</summary>
internal sealed class TokenBytes
{
    readonly byte[] _bytes;
    readonly int[] _starts;
    readonly bool[] _known;

    public TokenBytes(TokenizerDefinition definition)
    {
        var added = definition.AddedTokens.ToDictionary(token => token.Id, definition.SoughtAs);
        var size = definition.Vocabulary.Tokens.Select(token => token.Key).Concat(added.Keys).DefaultIfEmpty(-1).Max() + 1;
        var bytes = new ArrayBufferWriter<byte>();
        _starts = new int[size + 1];
        _known = new bool[size];
        for (var id = 0; id < size; id++)
        {
            if ((added.GetValueOrDefault(id) ?? definition.Vocabulary.TokenOf(id)) is { } token)
            {
                ByteAlphabet.WriteBytes(token, bytes);
                _known[id] = true;
            }

            _starts[id + 1] = bytes.WrittenCount;
        }

        _bytes = bytes.WrittenSpan.ToArray();
    }

    /// <summary>One more than the largest id.</summary>
    public int Size => _known.Length;

    public bool Has(int id) => (uint)id < (uint)_known.Length && _known[id];

    public ReadOnlySpan<byte> this[int id] => _bytes.AsSpan(_starts[id].._starts[id + 1]);
}
