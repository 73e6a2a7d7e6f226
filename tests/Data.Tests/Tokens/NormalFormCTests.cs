using HeadScope.Data.Tokens;

namespace HeadScope.Data.Tests.Tokens;

public class NormalFormCTests
{
    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("e\u0301", "é")]
    [InlineData("\u212B \u2126", "Å Ω")]
    [InlineData("q\u0307\u0323", "q\u0323\u0307")]
    [InlineData("a\u0328\u0301", "ą\u0301")]
    [InlineData("a\u0315\u0300", "à\u0315")]
    [InlineData("\u1100\u1161\u11A8", "각")]
    [InlineData("\uAC00\u11A8\u11A8", "각\u11A8")]
    [InlineData("\u0958", "\u0915\u093C")]
    [InlineData("\u0344", "\u0308\u0301")]
    [InlineData("\u0301e", "\u0301e")]
    [InlineData("\U0001D15E", "\U0001D157\U0001D165")]
    [InlineData("\uFB01 \u00BC", "\uFB01 \u00BC")]
    public void Normalize_KnownCases(string text, string expected) => Assert.Equal(expected, Normalize(text));

    /// <summary>Dives Akuru came with Unicode 13, these marks with 10 to 16.</summary>
    [Theory]
    [InlineData("\U00011935\U00011930")]
    [InlineData("a\u1DF6\u0323")]
    [InlineData("a\u0D3B\u0323")]
    [InlineData("\U000113C2\U000113C2")]
    public void Normalize_CharactersNewerThanUnicode9_AreLeftAlone(string text) => Assert.Equal(text, Normalize(text));

    [Fact]
    public void Normalize_Twice_IsNormalizedOnce()
    {
        foreach (var text in HardText.Normalization(2000).Concat(HardText.Mixtures(1000)))
        {
            var once = Normalize(text);
            Assert.Equal(once, Normalize(once));
        }
    }

    [Fact]
    public void Normalize_EverySyllable_IsMadeOfItsJamo()
    {
        for (var syllable = Hangul.SyllableBase; syllable < Hangul.SyllableBase + Hangul.SyllableCount; syllable++)
        {
            Assert.True(Hangul.TryDecompose(syllable, out var lead, out var vowel, out var tail));
            var jamo = $"{(char)lead}{(char)vowel}{(tail == Hangul.TailBase ? "" : (char)tail)}";
            Assert.Equal(((char)syllable).ToString(), Normalize(jamo));
        }
    }

    [Fact]
    public void Normalize_ManyMarks_KeepsTheOrderWithinAClass()
    {
        // U+0300 and U+0301 are of class 230, U+0316 and U+0317 of class 220; q joins none of them.
        var random = new Random(4);
        var marks = new string(random.GetItems("\u0300\u0316\u0301\u0317".AsSpan(), 3000));
        Assert.Equal("q" + string.Concat(marks.OrderBy(mark => mark < '\u0310')), Normalize("q" + marks));
    }

    [Fact]
    public void Normalize_TextInNormalForm_IsReturnedAsItIs()
    {
        var text = "naïve – Übermut, 日本語, слово, 한국어, שָׁ";
        Assert.True(new NormalFormC().Normalize(text.AsSpan()[..^3]) == text.AsSpan()[..^3]);
    }

    static string Normalize(string text) => new NormalFormC().Normalize(text).ToString();
}
