using System.Globalization;
using System.Text;
using HeadScope.Data.Tokens;

namespace HeadScope.Data.Tests.Tokens;

/// <summary>Text that tokenizers get wrong, the same on every run.</summary>
internal static class HardText
{
    static readonly string[] Spaces =
    [
        " ", "\t", "\n", "\r", "\r\n", "\v", "\f", "\u0085", "\u00A0", "\u1680", "\u2003", "\u2028", "\u2029", "\u202F", "\u205F", "\u3000",
    ];

    /// <summary>Not white space, though they look it.</summary>
    static readonly string[] Pretenders =
        ["\u200B", "\u200C", "\u200D", "\uFEFF", "\u2060", "\u180E", "\u00AD", "\u001C", "\u001F", "\0", "\u007F"];

    static readonly string[] Words =
    [
        "the", "Word", "é", "ñandú", "слово", "字", "한글", "עברית", "عَرَبِيّ", "हिन्दी", "ไทย", "𝒜𝓑",
        "7", "42", "٣٤", "½", "Ⅷ", "ª", "_", "!", "...", "—", "🙂", "\uE000",
    ];

    static readonly string[] Quotes = ["'", "’", "`", "\"", "''"];

    static readonly string[] Pictures =
    [
        "👩‍👩‍👧‍👦", "🏳️‍🌈", "👍🏽", "🇫🇷🇩🇪", "1️⃣", "☕️", "☕︎", "🧑🏿‍🚀", "⚧", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "©®™", "\U0001F1E6a", "\u20E3",
    ];

    /// <summary>All kinds, together more than a megabyte of UTF-8.</summary>
    public static List<string> All() =>
    [
        .. Characters(), .. Runs(), .. Contractions(), .. Mixtures(20_000), .. Code(4_000), .. Normalization(4_000),
        .. LongWords(), .. EndOfText(),
    ];

    /// <summary>Every assigned character between letters, digits and signs, so that its class decides where words end.</summary>
    public static IEnumerable<string> Characters()
    {
        var text = new StringBuilder();
        foreach (var rune in Assigned())
        {
            text.Append($"a{rune}a1{rune}1!{rune}! {rune}\n");
            if (text.Length < 4000)
                continue;
            yield return text.ToString();
            text.Clear();
        }

        yield return text.ToString();
    }

    public static IEnumerable<string> Runs()
    {
        foreach (var space in Spaces.Concat(Pretenders))
        {
            for (var length = 1; length <= 40; length++)
            {
                var run = string.Concat(Enumerable.Repeat(space, length));
                yield return $"a{run}b{run}1{run}!{run}é{run}";
                yield return run;
                yield return $"{run} a\t{run}b {run}\n{run}";
            }
        }
    }

    public static IEnumerable<string> Contractions()
    {
        string[] suffixes =
        [
            "s", "t", "re", "ve", "m", "ll", "d", "S", "T", "RE", "Re", "rE", "VE", "M", "LL", "lL", "D", "l", "r", "v", "x", "",
            "sé", "s1", "s'", "ſ",
        ];
        foreach (var quote in Quotes)
        {
            foreach (var suffix in suffixes)
            {
                var end = quote + suffix;
                yield return $"it{end} {end} {end}{end}x 1{end}\n{end}z!{end}";
            }
        }
    }

    public static IEnumerable<string> Mixtures(int count)
    {
        var random = new Random(71);
        string[] pieces =
        [
            .. Spaces, .. Spaces, .. Pretenders, .. Words, .. Words, .. Words, .. Pictures, .. Quotes, " ", " ", "  ", "s",
            "\uFFFD", "\uFFFD\uFFFD",
        ];
        for (var i = 0; i < count; i++)
            yield return string.Concat(random.GetItems(pieces, random.Next(1, 24)));
    }

    public static IEnumerable<string> Code(int count)
    {
        var random = new Random(72);
        string[] pieces =
        [
            "def ", "return", "self.", "(", ")", "):", "{", "}", "[i]", "();", " = ", " == ", "!=", "->", "=>", "//", "/* x */", "# ",
            "0x1F", "1e-5", "\"%s\\n\"", "'a'", "fooBar", "snake_case_name", "HTTPServer2", "<div class=\"x\">", "</div>", "&amp;",
            "$HOME", "\\alpha", "@param", "i++", "\t", "    ", "        ", "\n", "\n\n", "\r\n",
        ];
        for (var i = 0; i < count; i++)
        {
            var line = string.Concat(random.GetItems(pieces, random.Next(1, 30)));
            yield return new string(' ', random.Next(0, 30)) + line + new string('\n', random.Next(0, 4));
        }
    }

    /// <summary>Every character that normal form C knows of, and marks and jamo in any order.</summary>
    public static IEnumerable<string> Normalization(int count)
    {
        List<Rune> known = [.. Assigned().Where(rune => !NormalFormCTable.IsBoundary(rune.Value) || Parts(rune).Length > 0)];
        foreach (var chunk in known.Chunk(200))
            yield return string.Concat(chunk.Select(rune => $"a{rune}\u0301 a\u0323{rune} {rune}\u0334 e\u0315{rune}\u3099 "));
        var random = new Random(73);
        int[] parts =
        [
            .. known.Select(rune => rune.Value), .. known.SelectMany(Parts), .. Enumerable.Range(0x1100, 0x200),
            .. Enumerable.Range(0xAC00, 300), .. Enumerable.Range(' ', 90),
        ];
        for (var i = 0; i < count; i++)
            yield return string.Concat(random.GetItems(parts, random.Next(1, 40)).Select(char.ConvertFromUtf32));

        static int[] Parts(Rune rune) =>
            !NormalFormCTable.TryDecompose(rune.Value, out var first, out var second) ? [] : second == 0 ? [first] : [first, second];
    }

    /// <summary>Words about and beyond the length where merging changes its method.</summary>
    public static IEnumerable<string> LongWords()
    {
        var random = new Random(74);
        string[] syllables = ["the", "ing", "er", "tion", "an", "x"];
        for (var length = 80; length < 6000; length += random.Next(1, length / 4))
        {
            yield return new string('a', length);
            yield return new string('=', length);
            yield return string.Concat(Enumerable.Range(0, length).Select(_ => (char)random.Next('a', 'z' + 1)));
            yield return string.Concat(Enumerable.Range(0, length).Select(_ => (char)random.Next(0x4E00, 0x9FA0)));
            yield return string.Concat(random.GetItems(syllables, length / 3));
        }
    }

    public static IEnumerable<string> EndOfText()
    {
        string[] pieces = ["<|endoftext|>", "<|endoftext|>", "<|endoftext|", "<|padding|>", "|>", "<|", "end", " ", "\n", "  ", "a"];
        var random = new Random(75);
        for (var i = 0; i < 500; i++)
            yield return string.Concat(random.GetItems(pieces, random.Next(1, 12)));
    }

    static IEnumerable<Rune> Assigned()
    {
        for (var c = 0; c <= 0x10FFFF; c++)
        {
            if (!Rune.IsValid(c) || CharUnicodeInfo.GetUnicodeCategory(c) == UnicodeCategory.OtherNotAssigned)
                continue;
            // Ideographs and private characters are all alike: one in 61 of them is enough.
            var alike = c is (> 0x4E00 and < 0x9F00) or (>= 0x20000 and < 0x2F800) or >= 0x30000 and not (>= 0xE0000 and < 0xE0200);
            if (!alike || c % 61 == 0)
                yield return new Rune(c);
        }
    }
}
