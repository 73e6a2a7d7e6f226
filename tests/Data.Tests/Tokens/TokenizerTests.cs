using System.Buffers;
using System.Diagnostics;
using System.Security.Cryptography;
using HeadScope.Data.Tokens;

namespace HeadScope.Data.Tests.Tokens;

public class TokenizerTests
{
    static readonly Tokenizer Demo = TokenizerSamples.Demo;

    // The ids are those of the Hugging Face tokenizers library.
    [Theory]
    [InlineData("", new int[0])]
    [InlineData("Hello world", new[] { 73, 499, 319, 299, 266, 660 })]
    [InlineData("def f(x):\n    return x + 1\n", new[] { 332, 282, 41, 121, 383, 277, 444, 702, 610, 425, 11 })]
    [InlineData("it's we'LL they'd '", new[] { 276, 933, 958, 40, 77, 77, 1781, 40, 101, 327 })]
    [InlineData("<|endoftext|>a<|endoftext|>", new[] { 0, 98, 0 })]
    [InlineData("cafe\u0301 caf\u00e9", new[] { 966, 103, 196, 170, 274, 1067, 196, 170 })]
    [InlineData("  \t\n  a", new[] { 257, 10, 394, 268 })]
    [InlineData("日本語 🙂\u200d", new[] { 231, 152, 166, 231, 157, 173, 233, 171, 159, 33, 241, 160, 154, 131, 227, 129, 142 })]
    [InlineData("\u0085x\ufeffy\u3000z", new[] { 195, 134, 121, 240, 188, 192, 122, 228, 129, 129, 123 })]
    public void Encode_KnownText_GivesTheLibrarysIds(string text, int[] expected) => Assert.Equal(expected, Demo.Encode(text));

    [Fact]
    public void Decode_OfEncodedNormalizedText_IsTheText()
    {
        var normalForm = new NormalFormC();
        foreach (var text in HardText.Mixtures(3000).Concat(HardText.Code(500)).Concat(HardText.Characters().Take(10)))
        {
            var normalized = normalForm.Normalize(text).ToString();
            Assert.Equal(normalized, Demo.Decode(Demo.Encode(text)));
        }
    }

    [Fact]
    public void Encode_EveryOverload_GivesTheSameIds()
    {
        var text = string.Concat(HardText.Mixtures(2000));
        var expected = Demo.Encode(text);
        var list = new List<int> { -7 };
        Demo.Encode(text, list);
        var writer = new ArrayBufferWriter<int>();
        Demo.Encode(text, writer);

        Assert.Equal([-7, .. expected], list);
        Assert.Equal(expected, writer.WrittenSpan.ToArray());
        Assert.Equal(expected, Demo.Encode(text.AsSpan()));
    }

    [Theory]
    [InlineData("ab~", 0xD83D, 2)]
    [InlineData("~b", 0xDE42, 0)]
    [InlineData("🙂~🙂", 0xD83D, 2)]
    [InlineData("🙂🙂~", 0xDE42, 4)]
    public void Encode_HalfOfASurrogatePair_IsRejectedWithItsPlace(string pattern, int half, int index)
    {
        var text = pattern.Replace('~', (char)half);
        List<int> ids = [1];
        var fault = Assert.Throws<ArgumentException>(() => Demo.Encode(text, ids));
        Assert.Contains($"at index {index},", fault.Message);
        Assert.Equal([1], ids);
    }

    [Theory]
    [InlineData(new byte[] { 0xF0, 0x9F, 0x99, (byte)'a' }, "\uFFFDa")]
    [InlineData(new byte[] { 0xE2, 0x82 }, "\uFFFD")]
    [InlineData(new byte[] { 0xE0, 0x80, 0xAF }, "\uFFFD\uFFFD\uFFFD")]
    [InlineData(new byte[] { 0xC0, 0xAF }, "\uFFFD\uFFFD")]
    [InlineData(new byte[] { 0xED, 0xA0, 0x80 }, "\uFFFD\uFFFD\uFFFD")]
    [InlineData(new byte[] { 0xF4, 0x90, 0x80, 0x80 }, "\uFFFD\uFFFD\uFFFD\uFFFD")]
    [InlineData(new byte[] { 0xC3, 0xA9, 0xFF, (byte)'z' }, "é\uFFFDz")]
    public void Decode_BytesThatAreNotUtf8_HasOneReplacementForEachMaximalPart(byte[] bytes, string expected)
    {
        var all = Enumerable.Range(0, Demo.VocabularySize);
        var ids = Array.ConvertAll(bytes, value => all.First(id => Demo.BytesOf(id).SequenceEqual([value])));
        Assert.Equal(expected, Demo.Decode(ids));
    }

    [Fact]
    public void Decode_IdWithoutToken_IsRejected()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Demo.Decode([5, 2048]));
        Assert.Throws<ArgumentOutOfRangeException>(() => Demo.BytesOf(-1));
        Assert.False(Demo.IsToken(2048));
    }

    [Fact]
    public void TokenText_OfPartsAndOfPaddingRows_IsFitForDisplay()
    {
        Assert.Equal(" t", Demo.TokenText(Demo.Encode(" t")[0]));
        Assert.Equal("<|endoftext|>", Demo.TokenText(0));
        Assert.Equal("\uFFFD", Demo.TokenText(Demo.Encode("é")[0]));
        Assert.Equal("[50303]", Demo.TokenText(50303));
    }

    [Fact]
    public void Load_Demo_KnowsItsSizeTokensAndHash()
    {
        Assert.Equal(2048, Demo.VocabularySize);
        Assert.Equal(0, Demo.BosId);
        Assert.Equal(0, Demo.EosId);
        Assert.Equal([new AddedToken(0, "<|endoftext|>", true, false, false, false, false)], Demo.AddedTokens);
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(TokenizerSamples.DemoFile))), Demo.Hash);
        Assert.False(Demo.HasTemplate);
    }

    [Fact]
    public void Encode_OnManyThreads_GivesTheSameIds()
    {
        var texts = HardText.Mixtures(4000).ToList();
        var expected = texts.ConvertAll(Demo.Encode);
        var fresh = Tokenizer.Load(TokenizerSamples.DemoFile);
        Parallel.For(0, 4 * texts.Count, new ParallelOptions { MaxDegreeOfParallelism = 8 }, i =>
            Assert.Equal(expected[i % texts.Count], fresh.Encode(texts[i % texts.Count])));
    }

    [Theory]
    [InlineData("a")]
    [InlineData(" ")]
    [InlineData("\n")]
    [InlineData("=")]
    [InlineData("\u0301\u0323")]
    [InlineData("ᄀ")]
    [InlineData("etaoinshrdlu")]
    [InlineData("'s")]
    public void Encode_AMegabyteWithoutRest_EndsInSeconds(string unit)
    {
        var text = string.Concat(Enumerable.Repeat(unit, (1 << 20) / unit.Length));
        var start = Stopwatch.GetTimestamp();
        var ids = Demo.Encode(text);
        // A tenth of a second is usual; steps that grow with the square of the length would take many minutes.
        Assert.True(Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(20));
        Assert.Equal(new NormalFormC().Normalize(text), Demo.Decode(ids));
    }
}
