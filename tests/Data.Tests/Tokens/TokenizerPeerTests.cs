using System.Text.Json.Nodes;
using HeadScope.Data.Tokens;

namespace HeadScope.Data.Tests.Tokens;

/// <summary>Id for id what the Hugging Face tokenizers library gives.</summary>
public class TokenizerPeerTests
{
    [SkippableFact]
    public void Encode_DemoTokenizer_EqualsThePeer() =>
        AssertEqualToPeer(TokenizerSamples.Demo, File.ReadAllText(TokenizerSamples.DemoFile), HardText.All());

    [SkippableFact]
    public void Encode_GptNeoX_EqualsThePeer() =>
        AssertEqualToPeer(Tokenizer.Load(TokenizerSamples.GptNeoXFile), File.ReadAllText(TokenizerSamples.GptNeoXFile), HardText.All());

    [SkippableFact]
    public void Encode_Gpt2_EqualsThePeer() =>
        AssertEqualToPeer(Tokenizer.Load(TokenizerSamples.Gpt2Folder), TokenizerSamples.Gpt2AsJson(), HardText.All());

    [SkippableFact]
    public void Encode_PrefixSpace_EqualsThePeer() =>
        AssertEqualToPeer(root => root["pre_tokenizer"]!["add_prefix_space"] = true, HardText.Mixtures(3000));

    [SkippableFact]
    public void Encode_WithoutWordSplitting_EqualsThePeer() =>
        AssertEqualToPeer(root => root["pre_tokenizer"]!["use_regex"] = false, HardText.Mixtures(3000));

    [SkippableTheory]
    [InlineData(null, false)]
    [InlineData("<|endoftext|>", false)]
    [InlineData("<|endoftext|>", true)]
    public void Encode_VocabularyThatLacksBytes_EqualsThePeer(string? unknown, bool fuse)
    {
        AssertEqualToPeer(
            root =>
            {
                var model = root["model"]!;
                model["unk_token"] = unknown;
                model["fuse_unk"] = fuse;
                string[] lost = ["e", "s", "Ñ"];
                foreach (var merge in model["merges"]!.AsArray().Where(merge => lost.Any(((string)merge!).Contains)).ToList())
                    model["merges"]!.AsArray().Remove(merge);
                foreach (var letter in lost)
                    model["vocab"]!.AsObject().Remove(letter);
            },
            HardText.Mixtures(3000).Append("eese tesest esse these trees"));
    }

    [SkippableFact]
    public void Encode_AddedTokensOfEveryKind_EqualsThePeer()
    {
        JsonObject[] tokens =
        [
            TokenizerSamples.Added(2048, "<left>", leftStrip: true),
            TokenizerSamples.Added(2049, "<right>", rightStrip: true),
            TokenizerSamples.Added(2050, "<both>", leftStrip: true, rightStrip: true),
            TokenizerSamples.Added(2051, "whole", singleWord: true),
            TokenizerSamples.Added(2052, "wholes", normalized: true, singleWord: true),
            TokenizerSamples.Added(2053, "cafe\u0301", normalized: true),
            TokenizerSamples.Added(2054, "re\u0301sume\u0301"),
            TokenizerSamples.Added(2055, "   ", normalized: true),
            TokenizerSamples.Added(2056, "  \n", rightStrip: true),
            TokenizerSamples.Added(2057, "<left><right>", normalized: true, leftStrip: true),
            TokenizerSamples.Added(2058, "🙂🙂"),
        ];
        string[] pieces =
        [
            .. tokens.Select(token => (string)token["content"]!), "café", "résumé", "whole", "s", " ", "  ", "\n", "\u00A0", "\u0085",
            "\uFEFF", "é", "\u0301", "a", "_", "1", "\u200D", "\u0903", "ⓐ", "🄰", "🙂", "½", "Ⅷ", "𝒜", "-", "<", "<|endoftext|>",
        ];
        var random = new Random(5);
        AssertEqualToPeer(
            root =>
            {
                foreach (var token in tokens)
                    root["added_tokens"]!.AsArray().Add(token.DeepClone());
            },
            Enumerable.Range(0, 20_000).Select(_ => string.Concat(random.GetItems(pieces, random.Next(1, 12)))));
    }

    [SkippableFact]
    public void Encode_SingleWordTokenBesideEveryCharacter_EqualsThePeer() => AssertEqualToPeer(
        root => root["added_tokens"]!.AsArray().Add(TokenizerSamples.Added(2048, "@@", singleWord: true)),
        HardText.Characters().Select(text => text.Replace("!", "@@")));

    [SkippableTheory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Encode_MergesInAnOrderNoLearnerMakes_EqualsThePeer(int seed)
    {
        var random = new Random(seed);
        List<string> tokens = ["a", "b", "c"];
        HashSet<(string, string)> merges = [];
        while (merges.Count < 60)
        {
            var (left, right) = (tokens[random.Next(tokens.Count)], tokens[random.Next(tokens.Count)]);
            if (left.Length + right.Length > 8 || !merges.Add((left, right)))
                continue;
            tokens.Add(left + right);
        }

        var order = merges.ToArray();
        random.Shuffle(order);
        var definition = TokenizerSamples.Small(order);
        var texts = Enumerable.Range(1, 400).Select(length => new string(random.GetItems("abc".AsSpan(), length))).ToList();
        AssertEqualToPeer(TokenizerSamples.Load(definition), definition, texts);
    }

    [SkippableFact]
    public void Decode_AnyIds_EqualsThePeer()
    {
        // Releases of the library differ in the text of a token that is not in normal form C.
        var definition = TokenizerSamples.DemoWith(root =>
            root["added_tokens"]!.AsArray().Add(TokenizerSamples.Added(2048, "ẽ Ġ", normalized: true)));
        var tokenizer = TokenizerSamples.Load(definition);
        var random = new Random(9);
        // Ids below 257 are single bytes: most sequences of them are no UTF-8.
        var ids = Enumerable.Range(0, 5000).Select(i => Draw(1 + i % 30, i % 2 == 0 ? 257 : 2049)).ToList();
        var peer = new TokenizerPeer(definition);
        foreach (var some in ids)
            Assert.Equal(peer.Decode(some), tokenizer.Decode(some));

        int[] Draw(int count, int limit) => [.. Enumerable.Range(0, count).Select(_ => random.Next(limit))];
    }

    static void AssertEqualToPeer(Action<JsonObject> change, IEnumerable<string> texts)
    {
        var definition = TokenizerSamples.DemoWith(change);
        AssertEqualToPeer(TokenizerSamples.Load(definition), definition, [.. texts]);
    }

    static void AssertEqualToPeer(Tokenizer tokenizer, string definition, List<string> texts)
    {
        var peer = new TokenizerPeer(definition);
        foreach (var text in texts)
        {
            var (expected, actual) = (peer.Encode(text), tokenizer.Encode(text));
            if (!expected.AsSpan().SequenceEqual(actual))
                Assert.Fail(Difference(tokenizer, text, expected, actual));
        }
    }

    static string Difference(Tokenizer tokenizer, string text, int[] expected, int[] actual)
    {
        var at = expected.AsSpan().CommonPrefixLength(actual);
        var escaped = string.Concat(text.Take(400).Select(c => c is >= ' ' and < '\u007F' ? c.ToString() : $"\\u{(int)c:X4}"));
        return $"\"{escaped}\": from token {at} on, the peer has {Show(expected)}, HeadScope {Show(actual)}";

        string Show(int[] ids)
        {
            var some = ids.Skip(at).Take(8).ToList();
            return $"{string.Join(' ', some)} ({string.Join('|', some.Select(id => Convert.ToHexString(tokenizer.BytesOf(id))))})";
        }
    }
}
