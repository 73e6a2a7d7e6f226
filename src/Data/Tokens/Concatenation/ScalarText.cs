namespace HeadScope.Data.Tokens.Concatenation;

/// <summary>UTF-16 text seen as Python sees it: in Unicode scalar values.</summary>
internal static class ScalarText
{
    const char FirstSurrogate = '\uD800';
    const char LastSurrogate = '\uDFFF';

    /// <summary>How many scalar values a text has.</summary>
    /// <exception cref="ArgumentException">It has half of a surrogate pair.</exception>
    public static int Count(string text)
    {
        var pairs = 0;
        for (var at = 0; text.AsSpan(at).IndexOfAnyInRange(FirstSurrogate, LastSurrogate) is >= 0 and var offset; at += 2)
        {
            at += offset;
            if (!char.IsHighSurrogate(text[at]) || at + 1 == text.Length || !char.IsLowSurrogate(text[at + 1]))
            {
                throw new ArgumentException(
                    $"A document has half of a surrogate pair, U+{(int)text[at]:X4}, at index {at}, where whole characters were " +
                    $"expected. " +
                    "Decode its source with replacement of invalid bytes.",
                    nameof(text));
            }

            pairs++;
        }

        return text.Length - pairs;
    }

    /// <summary>The index behind so many scalar values, of which there are as many.</summary>
    public static int IndexOf(ReadOnlySpan<char> text, int scalars)
    {
        var at = 0;
        while (scalars > 0)
        {
            var offset = text[at..].IndexOfAnyInRange(FirstSurrogate, LastSurrogate);
            if (offset < 0 || offset >= scalars)
                return at + scalars;
            at += offset + 2;
            scalars -= offset + 1;
        }

        return at;
    }

    /// <summary>Python's <c>str.isspace</c> of one character: .NET's white space, and the four separators of ASCII.</summary>
    public static bool IsWhiteSpace(char c) => char.IsWhiteSpace(c) || c is >= '\u001C' and <= '\u001F';

    /// <summary>Python's <c>not text.strip()</c>: nothing but white space, or nothing.</summary>
    public static bool ContainsOnlyWhiteSpace(this ReadOnlySpan<char> text)
    {
        foreach (var c in text)
        {
            if (!IsWhiteSpace(c))
                return false;
        }

        return true;
    }
}
