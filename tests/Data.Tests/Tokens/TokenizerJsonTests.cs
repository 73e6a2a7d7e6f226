using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using HeadScope.Data.Tokens;

namespace HeadScope.Data.Tests.Tokens;

public class TokenizerJsonTests
{
    static string Added(string id, string content) =>
        $$"""{"id":{{id}},"content":"{{content}}","special":false,"normalized":true,"single_word":false,"lstrip":false,"rstrip":false}""";

    [Theory]
    [InlineData("version", "\"2.0\"", "version")]
    [InlineData("model", "null", "the whole|model")]
    [InlineData("model", "[]", "model")]
    [InlineData("model.type", "\"WordPiece\"", "model.type")]
    [InlineData("model.type", "7", "model.type")]
    [InlineData("model.dropout", "0.1", "model.dropout")]
    [InlineData("model.dropout", "1e400", "model.dropout")]
    [InlineData("model.byte_fallback", "true", "model.byte_fallback")]
    [InlineData("model.ignore_merges", "true", "model.ignore_merges")]
    [InlineData("model.ignore_merges", "\"no\"", "model.ignore_merges")]
    [InlineData("model.fuse_unk", "0", "model.fuse_unk")]
    [InlineData("model.end_of_word_suffix", "\"</w>\"", "model.end_of_word_suffix")]
    [InlineData("model.continuing_subword_prefix", "\"##\"", "model.continuing_subword_prefix")]
    [InlineData("model.vocab", "null", "model.vocab")]
    [InlineData("model.vocab", "[\"a\"]", "model.vocab")]
    [InlineData("model.vocab", "{\"a\":0,\"b\":0}", "model.vocab.b")]
    [InlineData("model.vocab", "{\"Ġa\":-1}", "model.vocab[\"Ġa\"]")]
    [InlineData("model.vocab", "{\"a\":1.5}", "model.vocab.a")]
    [InlineData("model.vocab", "{\"a\":1e400}", "model.vocab.a")]
    [InlineData("model.vocab", "{\"a\":4194304}", "model.vocab.a")]
    [InlineData("model.vocab", "{\"a\":99999999999999999999}", "model.vocab.a")]
    [InlineData("model.vocab", "{\"a\":\"0\"}", "model.vocab.a")]
    [InlineData("model.vocab", "{\"a\":0}", "model.merges[0]")]
    [InlineData("model.merges", "null", "model.merges")]
    [InlineData("model.merges", "[\"a\"]", "model.merges[0]")]
    [InlineData("model.merges", "[\"i n\",\"i n g\"]", "model.merges[1]")]
    [InlineData("model.merges", "[[\"i\",\"n\",\"g\"]]", "model.merges[0]")]
    [InlineData("model.merges", "[[\"i\",1]]", "model.merges[0][1]")]
    [InlineData("model.merges", "[7]", "model.merges[0]")]
    [InlineData("model.merges", "[\"i nosuch\"]", "model.merges[0]")]
    [InlineData("model.merges", "[\"= =\",\"! }\"]", "model.merges[1]")]
    [InlineData("added_tokens", "{}", "added_tokens")]
    [InlineData("added_tokens", "[{}]", "added_tokens[0].id")]
    [InlineData("added_tokens", "[{\"id\":5000,\"content\":\"x\",\"special\":true}]", "added_tokens[0].normalized")]
    [InlineData("normalizer", "\"NFC\"", "normalizer")]
    [InlineData("normalizer", "{\"type\":\"NFKC\"}", "normalizer.type")]
    [InlineData("normalizer", """{"type":"Sequence","normalizers":[{"type":"NFC"},{"type":"NFD"}]}""", "normalizer.normalizers[1].type")]
    [InlineData("pre_tokenizer", "null", "pre_tokenizer")]
    [InlineData("pre_tokenizer", "{\"type\":\"Whitespace\"}", "pre_tokenizer.type")]
    [InlineData("pre_tokenizer", "{\"type\":\"ByteLevel\"}", "pre_tokenizer.add_prefix_space")]
    [InlineData("pre_tokenizer", """{"type":"Sequence","pretokenizers":[{"type":"Digits"},{"type":"ByteLevel"}]}""", "pre_tokenizer.type")]
    [InlineData("decoder", "{\"type\":\"WordPiece\"}", "decoder.type")]
    [InlineData("post_processor", "{\"type\":1}", "post_processor.type")]
    public void Load_FieldThatIsWrongOrUnsupported_IsNamed(string path, string value, string fields)
    {
        var definition = TokenizerSamples.DemoWith(root =>
        {
            var names = path.Split('.');
            var parent = names.SkipLast(1).Aggregate((JsonNode)root, (node, name) => node[name]!);
            parent[names[^1]] = JsonNode.Parse(value);
        });
        var fault = Assert.Throws<InvalidDataException>(() => TokenizerSamples.Load(definition));
        Assert.Contains(fields.Split('|'), field => fault.Message.StartsWith($"test.json: {field}: ", StringComparison.Ordinal));
        Assert.Matches("expected|supported|lacks", fault.Message);
    }

    [Theory]
    [InlineData("300", "abc", "")]
    [InlineData("2048", "", "added_tokens[0].content")]
    [InlineData("-1", "abc", "added_tokens[0].id")]
    [InlineData("2147483648", "abc", "added_tokens[0].id")]
    [InlineData("7", "Ġthe", "added_tokens[0].id")]
    public void Load_AddedTokenAtOddsWithTheVocabulary_IsNamed(string id, string content, string field)
    {
        var definition = TokenizerSamples.DemoWith(root => root["added_tokens"] = JsonNode.Parse($"[{Added(id, content)}]"));
        var fault = Assert.Throws<InvalidDataException>(() => TokenizerSamples.Load(definition));
        Assert.StartsWith($"test.json: {(field.Length > 0 ? field : "added_tokens[0].id")}: ", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("2048", "x!", "2048", "y!")]
    [InlineData("2048", "x!", "2049", "x!")]
    [InlineData("2048", "caf\u00E9", "2049", "cafe\u0301")]
    public void Load_AddedTokensThatClash_AreRefused(string firstId, string first, string secondId, string second)
    {
        var tokens = $"[{Added(firstId, first)},{Added(secondId, second)}]";
        var definition = TokenizerSamples.DemoWith(root => root["added_tokens"] = JsonNode.Parse(tokens));
        var fault = Assert.Throws<InvalidDataException>(() => TokenizerSamples.Load(definition));
        Assert.StartsWith("test.json: added_tokens[1]: ", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("{\"model\":{},\"model\":{}}")]
    [InlineData("{\"model\":{\"type\":\"\\ud800\"}}")]
    [InlineData("{\"model\":{\"vocab\":{\"\\ud800\":1}}}")]
    [InlineData("{\"\\udc00\":1,\"\\udc00\":1}")]
    public void Load_NoTokenizerAtAll_IsRefused(string definition)
    {
        var fault = Assert.Throws<InvalidDataException>(() => TokenizerSamples.Load(definition));
        Assert.StartsWith("test.json: ", fault.Message, StringComparison.Ordinal);
        Assert.Contains("expected", fault.Message);
    }

    [Fact]
    public void Load_DeepNesting_IsRefused() =>
        Assert.Throws<InvalidDataException>(() => TokenizerSamples.Load("{\"x\":" + new string('[', 1_000_000)));

    [Fact]
    public void Load_BytesThatAreNotUtf8_AreRefused()
    {
        byte[] bytes = [.. "{\"model\":\""u8, 0xFF, .. "\"}"u8];
        Assert.Throws<InvalidDataException>(() => Tokenizer.Load(new MemoryStream(bytes), "test.json"));
    }

    [Fact]
    public void Load_TruncatedFile_IsRefusedWhereverItEnds()
    {
        var whole = File.ReadAllBytes(TokenizerSamples.DemoFile);
        for (var length = 0; length < whole.Length - 2; length += 997)
            Assert.Throws<InvalidDataException>(() => Tokenizer.Load(new MemoryStream(whole, 0, length), "test.json"));
    }

    [Fact]
    public void Load_DamagedFile_LoadsOrIsRefused()
    {
        var whole = Encoding.UTF8.GetBytes(TokenizerSamples.Small([("a", "b"), ("ab", "c"), ("c", "d")]));
        const int seed = 31;
        var random = new Random(seed);
        for (var round = 0; round < 3000; round++)
        {
            var bytes = whole.ToList();
            for (var faults = random.Next(1, 4); faults > 0; faults--)
            {
                var at = random.Next(bytes.Count);
                switch (random.Next(4))
                {
                    case 0:
                        bytes[at] = (byte)random.Next(256);
                        break;
                    case 1:
                        bytes.RemoveRange(at, Math.Min(random.Next(1, 40), bytes.Count - at));
                        break;
                    case 2:
                        bytes.InsertRange(at, whole.Skip(random.Next(whole.Length)).Take(random.Next(1, 40)).ToList());
                        break;
                    default:
                        bytes[at] = "0123456789{}[]\",:\\tfn-e."u8[random.Next(24)];
                        break;
                }
            }

            var fault = Record.Exception(() => Tokenizer.Load(new MemoryStream([.. bytes]), "test.json").Encode("abcd ab"));
            Assert.True(fault is null or InvalidDataException, $"seed {seed}, round {round}: {fault}");
        }
    }

    [Fact]
    public void Load_EmptyAffixesAndZeroDropout_AreNothing()
    {
        var definition = TokenizerSamples.DemoWith(root =>
        {
            var model = root["model"]!;
            (model["continuing_subword_prefix"], model["end_of_word_suffix"], model["dropout"]) = ("", "", 0.0);
            root["pre_tokenizer"] = Sequence("pretokenizers", root["pre_tokenizer"]!);
            root["normalizer"] = Sequence("normalizers", root["normalizer"]!);
        });
        Assert.Equal(TokenizerSamples.Demo.Encode("cafe\u0301 au lait"), TokenizerSamples.Load(definition).Encode("cafe\u0301 au lait"));

        static JsonObject Sequence(string name, JsonNode only) => new() { ["type"] = "Sequence", [name] = new JsonArray(only.DeepClone()) };
    }

    [Fact]
    public void Load_MergesAsPairs_EqualsMergesAsText()
    {
        var definition = TokenizerSamples.DemoWith(root =>
        {
            var merges = root["model"]!["merges"]!.AsArray().Select(merge => ((string)merge!).Split(' '));
            root["model"]!["merges"] = JsonSerializer.SerializeToNode(merges);
        });
        var tokenizer = TokenizerSamples.Load(definition);
        foreach (var text in HardText.Code(200))
            Assert.Equal(TokenizerSamples.Demo.Encode(text), tokenizer.Encode(text));
    }

    [Theory]
    [InlineData("""{"type":"TemplateProcessing","single":[{"Sequence":{"id":"A","type_id":0}}]}""", false)]
    [InlineData("""{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"[CLS]","type_id":0}},{"Sequence":{"id":"A"}}]}""", true)]
    [InlineData("""{"type":"RobertaProcessing"}""", true)]
    [InlineData("null", false)]
    public void Load_PostProcessor_IsReportedAndNotApplied(string processor, bool adds)
    {
        var tokenizer = TokenizerSamples.Load(TokenizerSamples.DemoWith(root => root["post_processor"] = JsonNode.Parse(processor)));
        Assert.Equal(adds, tokenizer.HasTemplate);
        Assert.Equal(TokenizerSamples.Demo.Encode("a b"), tokenizer.Encode("a b"));
    }
}
