using System.Text;
using System.Text.Json.Nodes;
using HeadScope.Data.Tokens;
using HeadScope.Tests.Support;
using Xunit.Abstractions;

namespace HeadScope.Data.Tests.Tokens;

public class TokenizerFuzzTests(ITestOutputHelper output)
{
    [Fact]
    public void Load_DamagedTokenizer_EncodesOrIsInvalidData()
    {
        // The demo's, with its first hundred merges: small, so that damage hits what matters.
        var json = Encoding.UTF8.GetBytes(TokenizerSamples.DemoWith(root =>
        {
            var model = root["model"]!.AsObject();
            var merges = model["merges"]!.AsArray().Take(100).Select(merge => merge!.DeepClone()).ToArray();
            model["merges"] = new JsonArray(merges);
            var kept = model["vocab"]!.AsObject().OrderBy(entry => (int)entry.Value!).Take(500).Select(entry => KeyValuePair.Create(entry.Key, (JsonNode?)(int)entry.Value!)).ToArray();
            model["vocab"] = new JsonObject(kept);
        }));
        FuzzRun.Check(output, 2_000, random => JsonMutator.Next(json, random), bytes => 256L * bytes + (8 << 20), bytes =>
        {
            var tokenizer = Tokenizer.Load(new MemoryStream(bytes), "damaged.json");
            var ids = tokenizer.Encode("The quick brown fox's  café\n\n 123 🙂 <|endoftext|>");
            tokenizer.Decode(ids);
        });
    }
}
