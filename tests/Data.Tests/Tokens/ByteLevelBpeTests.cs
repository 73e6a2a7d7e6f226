using HeadScope.Data.Tokens;

namespace HeadScope.Data.Tests.Tokens;

public class ByteLevelBpeTests
{
    static readonly (string Left, string Right)[] Ordered = [("b", "c"), ("a", "b"), ("a", "bc"), ("ab", "c"), ("c", "c"), ("cc", "cc")];

    [Theory]
    [InlineData("abc", "abc")]
    [InlineData("aab", "a|ab")]
    [InlineData("ccccc", "cccc|c")]
    [InlineData("bcbc", "bc|bc")]
    [InlineData("xyz", "x|y|z")]
    public void Encode_OverlappingPairs_MergesTheLowestRankThenTheLeftmost(string word, string expected)
    {
        var tokenizer = TokenizerSamples.Load(TokenizerSamples.Small(Ordered));
        Assert.Equal(expected, string.Join('|', tokenizer.Encode(word).Select(tokenizer.TokenText)));
    }

    /// <summary>Words on both sides of the length where the method changes, merges learned and merges in any order.</summary>
    [Theory]
    [InlineData(11, false)]
    [InlineData(12, false)]
    [InlineData(13, true)]
    [InlineData(14, true)]
    public void Encode_RandomVocabulary_EqualsTheDefinition(int seed, bool shuffle)
    {
        var random = new Random(seed);
        List<string> tokens = ["a", "b", "c", "d"];
        HashSet<(string Left, string Right)> merges = [];
        while (merges.Count < 80)
        {
            var pair = (random.GetItems(tokens.ToArray(), 1)[0], random.GetItems(tokens.ToArray(), 1)[0]);
            if (pair.Item1.Length + pair.Item2.Length <= 10 && merges.Add(pair))
                tokens.Add(pair.Item1 + pair.Item2);
        }

        var order = merges.ToArray();
        if (shuffle)
            random.Shuffle(order);
        var tokenizer = TokenizerSamples.Load(TokenizerSamples.Small(order));
        foreach (var length in Enumerable.Range(1, 40).Concat(Enumerable.Range(ByteLevelBpe.ShortWord - 8, 16)).Concat([300, 700]))
        {
            var word = new string(random.GetItems("abcd".AsSpan(), length));
            Assert.Equal(Definition(word, order), tokenizer.Encode(word).Select(tokenizer.TokenText));
        }
    }

    static List<string> Definition(string word, (string Left, string Right)[] merges)
    {
        var tokens = word.Select(c => c.ToString()).ToList();
        while (true)
        {
            var (at, rank) = (-1, int.MaxValue);
            for (var i = 0; i + 1 < tokens.Count; i++)
            {
                var found = Array.IndexOf(merges, (tokens[i], tokens[i + 1]));
                if (found >= 0 && found < rank)
                    (at, rank) = (i, found);
            }

            if (at < 0)
                return tokens;
            tokens[at] += tokens[at + 1];
            tokens.RemoveAt(at + 1);
        }
    }
}
