using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using HeadScope.Data.Tokens;
using HeadScope.Tests.Support;

namespace HeadScope.Client.Tests;

public sealed class TokensTests : IDisposable
{
    static readonly string Model = Fixture.PathOf("..", "..", "src", "Client", "Demo");
    static readonly string Sources = Fixture.PathOf("..", "..", "src", "Data", "Tokens");

    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Tokens_OfSources_AreScoredByRun()
    {
        var tokens = _folder.File("tokens.safetensors");
        var texts = Directory.CreateDirectory(_folder.File("texts")).FullName;
        foreach (var source in Directory.GetFiles(Sources))
            File.Copy(source, Path.Combine(texts, $"{Path.GetFileName(source)}.txt"));
        var (code, output, error) = await HeadScopeProcess.RunAsync(
            "tokens", "--text", texts, "--tokenizer", Model, "--ctx", "64", "--shuffle-seed", "42", "--rows", "8", "--out", tokens);
        Assert.True(code == 0, error);
        Assert.Contains("8 rows of 64", output, StringComparison.Ordinal);
        Assert.Contains("The first row begins: <|endoftext|>", output, StringComparison.Ordinal);

        (code, output, error) = await HeadScopeProcess.RunAsync("inspect", "--model", Model, "--tokens", tokens);
        Assert.True(code == 0, error);
        Assert.Matches(@"tokens profile +transformer-lens-1", output);
        Assert.Matches(@"tokens shuffle_seed +42", output);

        (code, _, error) = await HeadScopeProcess.RunAsync(
            "run", "--model", Model, "--tokens", tokens, "--out", _folder.File("out"), "--skip-heads");
        Assert.True(code == 0, error);
    }

    [Fact]
    public async Task Tokens_OfLines_AreThoseOfTheirColumn()
    {
        string[] documents = ["the first, \"quoted\"", "🙂 second\nline", "third"];
        var text = _folder.File("text.jsonl");
        File.WriteAllLines(
            text, documents.Append("not read").Select(document => JsonSerializer.Serialize(new { id = 1, body = document })));
        var tokens = _folder.File("tokens.safetensors");
        var (code, output, error) = await HeadScopeProcess.RunAsync(
            "tokens", "--text", text, "--column", "body", "--limit-documents", "3", "--tokenizer", Path.Combine(Model, "tokenizer.json"),
            "--ctx", "4",
            "--profile", "transformer-lens-3.1", "--processes", "1", "--no-bos", "--out", tokens, "--json");
        Assert.True(code == 0, error);
        var tokenizer = Tokenizer.Load(Model);
        var expected = tokenizer.Encode(string.Join("<|endoftext|>", documents)).Chunk(4).Where(row => row.Length == 4).ToList();
        using var dataset = TokenDataset.Open(new TokenLocation(tokens));
        var actual = new int[dataset.Rows * dataset.Context];
        dataset.Read(0, actual);
        Assert.Equal(expected.SelectMany(row => row), actual);

        var json = JsonNode.Parse(output)!;
        Assert.Equal([expected.Count, 4], json["shape"]!.AsArray().Select(axis => (int)axis!));
        Assert.Equal("3", (string?)json["metadata"]!["documents"]);
        Assert.Equal(dataset.Hash(dataset.Rows, tokenizer.VocabularySize), (string?)json["tokens_sha256"]);
    }

    [SkippableFact]
    public async Task Tokens_Interrupted_LeavesNothing()
    {
        Skip.If(OperatingSystem.IsWindows(), "there is no kill command");
        var text = _folder.File("text.jsonl");
        File.WriteAllLines(text, Enumerable.Range(0, 300_000).Select(
            i => JsonSerializer.Serialize(new { text = $"{i} {new string((char)('a' + i % 26), 100)} {i * 7919}" })));
        using var process = HeadScopeProcess.Start(
            "tokens", "--text", text, "--tokenizer", Model, "--ctx", "16", "--processes", "1", "--shuffle-seed", "42", "--out",
            _folder.File("tokens.safetensors"));
        var folder = Path.GetDirectoryName(text)!;
        for (var waited = Stopwatch.StartNew(); waited.Elapsed < TimeSpan.FromMinutes(1) && Directory.GetFiles(folder).Length < 3;)
            await Task.Delay(5);
        process.Interrupt();
        var (code, _, error) = await process.EndAsync();
        Assert.True(code == 130, $"exit code {code}: {error}");
        Assert.Equal([text], Directory.GetFiles(folder));
    }

    [Theory]
    [InlineData(2, "--ctx is 1", "--ctx", "1")]
    [InlineData(2, "--rows is 0", "--rows", "0")]
    [InlineData(2, "--limit-documents is 0", "--limit-documents", "0")]
    [InlineData(1, "there is no file or folder ./nowhere", "--text", "./nowhere")]
    [InlineData(2, "ends with .safetensors", "--out", "tokens.npy")]
    [InlineData(2, "transformer-lens-9", "--profile", "transformer-lens-9")]
    [InlineData(2, "--shuffle-seed", "--shuffle-seed", "-1")]
    [InlineData(1, "to pad with", "--padding", "[PAD]")]
    [InlineData(1, "there is no file or folder ./nowhere", "--tokenizer", "./nowhere")]
    [InlineData(1, "does not fill one row of 5000 tokens", "--ctx", "5000")]
    [InlineData(1, "line 2", "--column", "body")]
    public async Task Tokens_OfWhatCannotBe_SaysWhy(int expected, string message, string option, string value)
    {
        var text = _folder.File("text.jsonl");
        File.WriteAllLines(text, ["{ \"text\": \"one\", \"body\": \"two\" }", "{ \"text\": \"three\" }"]);
        var arguments = new Dictionary<string, string>
        {
            ["--text"] = text,
            ["--tokenizer"] = Model,
            ["--ctx"] = "16",
            ["--out"] = _folder.File("tokens.safetensors"),
            [option] = value,
        };
        var (code, _, error) = await HeadScopeProcess.RunAsync(
            ["tokens", .. arguments.SelectMany(argument => new[] { argument.Key, argument.Value })]);
        Assert.True(code == expected, $"exit code {code}: {error}");
        Assert.Contains(message, error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
        Assert.Equal([text], Directory.GetFiles(Path.GetDirectoryName(text)!));
    }
}
