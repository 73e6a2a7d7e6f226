using System.Text;

namespace HeadScope.Client.Tests.Server.Paths;

/// <summary>What a server says of files that are not what they should be: by the names that callers gave, without their content.</summary>
public sealed class FaultTextTests(RootedServer server) : IClassFixture<RootedServer>
{
    static readonly byte[] Text =
        Encoding.ASCII.GetBytes($"{RootedServer.Secret}, and more of it, so that there is enough to be a header\n");

    [Theory]
    [InlineData("config.json")]
    [InlineData("model.safetensors")]
    [InlineData("model.safetensors.index.json")]
    [InlineData("pytorch_model.bin")]
    [InlineData("tokenizer.json")]
    [InlineData("vocab.json")]
    public async Task Submit_ModelFileOfAnotherKind_IsNamedAndNotQuoted(string file)
    {
        var model = server.NewModel();
        if (file is "model.safetensors.index.json" or "pytorch_model.bin")
            File.Delete(server.Inside($"{model}/model.safetensors"));
        if (file == "vocab.json")
            File.WriteAllText(server.Inside($"{model}/merges.txt"), RootedServer.Secret);
        File.WriteAllBytes(server.Inside($"{model}/{file}"), Text);
        AssertNamesWithoutQuoting($"{model}/{file}", await server.RefusedModelAsync(model));
    }

    [Theory]
    [InlineData(".npy")]
    [InlineData(".safetensors")]
    [InlineData("")]
    public async Task Submit_TokenFileOfAnotherKind_IsNamedAndNotQuoted(string ending)
    {
        var name = $"{Guid.NewGuid():N}{ending}";
        File.WriteAllBytes(server.Inside(name), Text);
        AssertNamesWithoutQuoting(name, await server.RefusedTokensAsync(name));
        byte[] npy = [0x93, .. "NUMPY"u8, 1, 0, (byte)Text.Length, 0, .. Text];
        File.WriteAllBytes(server.Inside(name), npy);
        AssertNamesWithoutQuoting(name, await server.RefusedTokensAsync(name));
    }

    [Theory]
    [InlineData("""{"t": {"dtype": "the-neighbours-secret"}}""")]
    [InlineData("""{"t": {"dtype": "F32", "shape": [1], "data_offsets": [0, "the-neighbours-secret"]}}""")]
    public async Task Submit_HeaderOfHugeTexts_IsAnsweredInAFewLines(string header)
    {
        var name = $"{Guid.NewGuid():N}.safetensors";
        var (text, tensor) = (new string('x', 1 << 20), $"\"{new string('t', 1 << 20)}\"");
        var json = Encoding.UTF8.GetBytes(
            header.Replace(RootedServer.Secret, text, StringComparison.Ordinal).Replace("\"t\"", tensor, StringComparison.Ordinal));
        File.WriteAllBytes(server.Inside(name), [.. BitConverter.GetBytes((long)json.Length), .. json]);
        Assert.InRange((await server.RefusedTokensAsync(name)).Length, 1, 2000);
    }

    [Fact]
    public async Task Submit_ModelThatMisses_IsNamedAsTheCallerDid()
    {
        var model = server.NewModel();
        foreach (var named in new[] { model, $"./{model}", $"model/../{model}" })
        {
            File.WriteAllText(server.Inside($"{model}/config.json"), """{"architectures": ["Nothing"]}""");
            Assert.Contains($"{named}/config.json", await server.RefusedModelAsync(named), StringComparison.Ordinal);
        }

        File.Delete(server.Inside($"{model}/config.json"));
        Assert.Contains($"{model}: there is no config.json", await server.RefusedModelAsync(model), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("tokens")]
    [InlineData("induction_tokens")]
    public async Task Submit_TokensThatDoNotFit_AreNamedAsTheCallerDid(string field)
    {
        var named = "model/../inputs.safetensors:words";
        var job = new Dictionary<string, object> { ["model"] = "model", ["tokens"] = "inputs.safetensors", [field] = named };
        Assert.Contains(
            "model/../inputs.safetensors: there is no tensor 'words'", await server.RefusedAsync(job), StringComparison.Ordinal);
    }

    static void AssertNamesWithoutQuoting(string name, string said)
    {
        Assert.Contains(name, said, StringComparison.Ordinal);
        var rest = said.Replace(name, "", StringComparison.Ordinal);
        // Neither as text, nor in hex, nor as the number that a header's first eight bytes would be.
        for (var length = 4; length <= 8; length += 4)
        {
            Assert.DoesNotContain(Encoding.ASCII.GetString(Text, 0, length), rest, StringComparison.Ordinal);
            Assert.DoesNotContain(Convert.ToHexString(Text, 0, length), said, StringComparison.OrdinalIgnoreCase);
        }

        Assert.DoesNotContain($"{BitConverter.ToUInt64(Text)}", said, StringComparison.Ordinal);
        Assert.DoesNotContain("'t' is an invalid", said, StringComparison.Ordinal); // a parser that names the character it stumbled over
    }
}
