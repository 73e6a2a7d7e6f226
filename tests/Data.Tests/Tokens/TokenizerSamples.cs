using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using HeadScope.Data.Tokens;
using HeadScope.Tests.Support;

namespace HeadScope.Data.Tests.Tokens;

/// <summary>Tokenizers to test with: the bundled demo's, variations of it, and the real ones where a shared folder has them.</summary>
internal static class TokenizerSamples
{
    public static string DemoFile { get; } = Fixture.PathOf("..", "..", "src", "Client", "Demo", "tokenizer.json");

    public static Tokenizer Demo { get; } = Tokenizer.Load(DemoFile);

    public static string GptNeoXFile => Shared("20B_tokenizer.json");

    /// <summary>The folder of GPT-2's two files.</summary>
    public static string Gpt2Folder => Path.GetDirectoryName(Shared("encoder.json"))!;

    /// <summary>The demo tokenizer's definition, changed.</summary>
    public static string DemoWith(Action<JsonObject> change)
    {
        var root = JsonNode.Parse(File.ReadAllText(DemoFile))!.AsObject();
        change(root);
        return root.ToJsonString();
    }

    /// <summary>GPT-2's two files in the form of one, as the library's users convert them.</summary>
    public static string Gpt2AsJson()
    {
        var merges = File.ReadLines(Path.Combine(Gpt2Folder, "vocab.bpe")).Skip(1).Select(line => (JsonNode)line!);
        return DemoWith(root =>
        {
            root["normalizer"] = null;
            root["added_tokens"] = new JsonArray(Added(50256, "<|endoftext|>"));
            root["model"]!["vocab"] = JsonNode.Parse(File.ReadAllText(Path.Combine(Gpt2Folder, "encoder.json")));
            root["model"]!["merges"] = new JsonArray([.. merges]);
        });
    }

    public static JsonObject Added(
        int id, string content, bool normalized = false, bool singleWord = false, bool leftStrip = false, bool rightStrip = false) => new()
        {
            ["id"] = id,
            ["content"] = content,
            ["special"] = !normalized,
            ["normalized"] = normalized,
            ["single_word"] = singleWord,
            ["lstrip"] = leftStrip,
            ["rstrip"] = rightStrip,
        };

    public static Tokenizer Load(string definition, string name = "test.json") =>
        Tokenizer.Load(new MemoryStream(Encoding.UTF8.GetBytes(definition)), name);

    /// <summary>A tokenizer of these tokens, single bytes ahead of them, and merges.</summary>
    public static string Small(IEnumerable<(string Left, string Right)> merges)
    {
        var pairs = merges.ToList();
        var tokens = Enumerable.Range(0, 256).Select(value => ByteAlphabet.LetterOf((byte)value).ToString())
            .Concat(pairs.Select(pair => pair.Left + pair.Right)).Distinct().ToList();
        return DemoWith(root =>
        {
            root["added_tokens"] = new JsonArray();
            root["model"]!["vocab"] = new JsonObject(tokens.Select((token, id) => KeyValuePair.Create(token, (JsonNode?)id)));
            root["model"]!["merges"] = JsonSerializer.SerializeToNode(pairs.Select(pair => new[] { pair.Left, pair.Right }));
        });
    }

    /// <summary>A real tokenizer's file, from the folder "shared" beside the repository; skips the test where there is none.</summary>
    static string Shared(string name)
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var file = Path.Combine(folder.FullName, "shared", "real", "tokenizers", name);
            if (File.Exists(file))
                return file;
        }

        Skip.If(true, $"No folder above has shared/real/tokenizers/{name}.");
        return "";
    }
}
