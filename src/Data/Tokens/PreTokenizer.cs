namespace HeadScope.Data.Tokens;

/// <summary>
/// Cuts text into the words that merges never cross, as GPT-2's pattern does:
/// <c>'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+</c>.
/// </summary>
internal static class PreTokenizer
{
    /// <summary>Where the word that starts at <paramref name="start"/> ends.</summary>
    /// <param name="text">Well-formed UTF-16.</param>
    /// <param name="start">Below the text's length.</param>
    public static int WordEnd(ReadOnlySpan<char> text, int start)
    {
        var first = text[start];
        var kind = TextClasses.Of(first);
        var at = start;
        if (first == ' ')
        {
            // One space goes with the word behind it.
            if (start + 1 < text.Length && TextClasses.Of(text[start + 1]) != TextClass.Space)
                kind = TextClasses.Of(text[++at]);
        }
        else if (first == '\'')
        {
            var suffix = ContractionLength(text[(start + 1)..]);
            if (suffix > 0)
                return start + 1 + suffix;
        }

        if (kind == TextClass.Space)
            return SpaceEnd(text, start);
        if (kind == TextClass.Surrogate)
            kind = TextClasses.Of(text[at], text[at + 1]);
        while (true)
        {
            while ((uint)at < (uint)text.Length && TextClasses.Of(text[at]) == kind)
                at++;
            if ((uint)at >= (uint)text.Length || TextClasses.Of(text[at]) != TextClass.Surrogate)
                return at;
            if (TextClasses.Of(text[at], text[at + 1]) != kind)
                return at;
            at += 2;
        }
    }

    /// <summary>A run of white space leaves its last character to what follows, unless nothing follows or there is but one.</summary>
    static int SpaceEnd(ReadOnlySpan<char> text, int start)
    {
        var at = start + 1;
        while (at < text.Length && TextClasses.Of(text[at]) == TextClass.Space)
            at++;
        return at == text.Length || at == start + 1 ? at : at - 1;
    }

    static int ContractionLength(ReadOnlySpan<char> rest)
    {
        if (rest.IsEmpty)
            return 0;
        if (rest[0] is 's' or 't' or 'm' or 'd')
            return 1;
        return rest.Length > 1 && (rest[0], rest[1]) is ('r', 'e') or ('v', 'e') or ('l', 'l') ? 2 : 0;
    }
}
