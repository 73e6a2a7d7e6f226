namespace HeadScope.Data.Tokens;

/// <summary>
/// Byte pair encoding of one word (Sennrich et al., arXiv:1508.07909) over bytes: as long as neighbours merge, the pair
/// of the lowest rank does, the leftmost of equals first. Immutable.
/// </summary>
internal sealed class ByteLevelBpe
{
    /// <summary>Up to here, looking at every pair for each merge is faster than keeping the pairs in order.</summary>
    public const int ShortWord = 96;

    const int Missing = -1;

    readonly int[] _idOfByte = new int[256];
    readonly int? _unknown;
    readonly bool _fuseUnknown;
    readonly MergeTable _merges;

    public ByteLevelBpe(TokenizerDefinition definition)
    {
        for (var value = 0; value < 256; value++)
            _idOfByte[value] = definition.Vocabulary.IdOf(ByteAlphabet.LetterOf((byte)value).ToString()) ?? Missing;
        _unknown = definition.UnknownId;
        _fuseUnknown = definition.FuseUnknown;
        _merges = new MergeTable(definition.Merges);
    }

    /// <summary>Memory that words of this vocabulary are merged in.</summary>
    public MergeScratch NewScratch() => new(_merges);

    /// <summary>The word's tokens, in memory of the scratch: they hold until its next use.</summary>
    public ReadOnlySpan<int> Encode(ReadOnlySpan<byte> word, MergeScratch scratch)
    {
        scratch.Reserve(word.Length);
        var ids = scratch.Ids.AsSpan(0, WriteBytes(word, scratch.Ids));
        var count = ids.Length <= ShortWord ? MergeShort(ids, scratch.Pairs) : scratch.Long.Merge(ids);
        return ids[..count];
    }

    /// <summary>The tokens of single bytes. A byte without one becomes the unknown token or, where there is none, nothing.</summary>
    int WriteBytes(ReadOnlySpan<byte> word, Span<int> ids)
    {
        var count = 0;
        var lastMissing = false;
        foreach (var value in word)
        {
            var id = _idOfByte[value];
            if (id != Missing)
                ids[count++] = id;
            else if (_unknown is { } unknown && !(lastMissing && _fuseUnknown))
                ids[count++] = unknown;
            lastMissing = id == Missing;
        }

        return count;
    }

    /// <summary>Merges in place; returns how many tokens are left.</summary>
    int MergeShort(Span<int> ids, Span<long> pairs)
    {
        var count = ids.Length;
        for (var i = 0; i + 1 < count; i++)
            pairs[i] = _merges[ids[i], ids[i + 1]];
        while (count > 1)
        {
            var at = 0;
            var least = pairs[0];
            for (var i = 1; i < count - 1; i++)
            {
                if (pairs[i] < least)
                    (least, at) = (pairs[i], i);
            }

            if (least == MergeTable.None)
                break;
            ids[at] = MergeTable.ResultOf(least);
            ids[(at + 2)..count].CopyTo(ids[(at + 1)..]);
            if (at + 2 < count)
                pairs[(at + 2)..(count - 1)].CopyTo(pairs[(at + 1)..]);
            count--;
            if (at > 0)
                pairs[at - 1] = _merges[ids[at - 1], ids[at]];
            if (at + 1 < count)
                pairs[at] = _merges[ids[at], ids[at + 1]];
        }

        return count;
    }
}
