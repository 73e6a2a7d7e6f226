using System.Text.RegularExpressions;
using HeadScope.Data.Tokens;

namespace HeadScope.Data.Tests.Tokens;

public partial class PreTokenizerTests
{
    [Theory]
    [InlineData("it's 'sit", "it|'s| '|sit")]
    [InlineData("I'LL we'll'd", "I|'|LL| we|'ll|'d")]
    [InlineData("a  b", "a| | b")]
    [InlineData("a \n b ", "a| \n| b| ")]
    [InlineData("x\u00A0y", "x|\u00A0|y")]
    [InlineData("12a ½Ⅷ٣", "12|a| ½Ⅷ٣")]
    [InlineData("日本 𝒜𝓑🙂🙂7", "日本| 𝒜𝓑|🙂🙂|7")]
    [InlineData("e\u0301x", "e|\u0301|x")]
    public void WordEnd_CutsWhereThePatternDoes(string text, string expected) => Assert.Equal(expected, string.Join('|', Words(text)));

    /// <summary>In the basic plane .NET's regular expressions know the same classes. Outside it they see halves.</summary>
    [Fact]
    public void WordEnd_OnTheBasicPlane_EqualsTheRegularExpression()
    {
        IEnumerable<string> texts =
            [.. HardText.Mixtures(5000), .. HardText.Code(1000), .. HardText.Contractions(), .. HardText.Runs(), .. HardText.Characters()];
        foreach (var text in texts)
        {
            var basic = string.Concat(text.EnumerateRunes().Where(rune => rune.IsBmp));
            Assert.Equal(Pattern().Matches(basic).Select(match => match.Value), Words(basic));
        }
    }

    static List<string> Words(string text)
    {
        var words = new List<string>();
        for (var start = 0; start < text.Length;)
        {
            var end = PreTokenizer.WordEnd(text, start);
            words.Add(text[start..end]);
            start = end;
        }

        return words;
    }

    [GeneratedRegex(@"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+", RegexOptions.CultureInvariant)]
    private static partial Regex Pattern();
}
