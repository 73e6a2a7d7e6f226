namespace HeadScope.Client.Tests.Server.Paths;

/// <summary>What submitters may name as tokens: files in the server's root, and nothing else by any spelling.</summary>
public sealed class TokenPathTests(RootedServer server) : IClassFixture<RootedServer>
{
    [Theory]
    [InlineData("tokens", "inputs.safetensors:/../../neighbour/tokens.safetensors")]
    [InlineData("tokens", "inputs.safetensors:../../neighbour/tokens.safetensors")]
    [InlineData("tokens", "inputs.safetensors:tokens/../../../neighbour/tokens.safetensors")]
    [InlineData("induction_tokens", "inputs.safetensors:/../../neighbour/induction.safetensors")]
    public async Task Submit_TensorThatSpellsAPath_IsATensorThatIsNotThere(string field, string named)
    {
        var job = new Dictionary<string, object> { ["model"] = "model", ["tokens"] = "inputs.safetensors", [field] = named };
        Assert.Contains("there is no tensor", await server.RefusedAsync(job), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("../neighbour/tokens.safetensors")]
    [InlineData("../neighbour/tokens.safetensors:tokens")]
    [InlineData("./././../neighbour/tokens.safetensors")]
    [InlineData("model/../../neighbour/tokens.safetensors")]
    [InlineData("inputs.safetensors/../../neighbour/tokens.safetensors")]
    [InlineData("inputs.safetensors:/../../neighbour/tokens.safetensors:tokens")]
    [InlineData("inputs.safetensors:/../../neighbour/induction.safetensors:tokens")]
    [InlineData("..\\neighbour\\tokens.safetensors")]
    [InlineData("%2e%2e/neighbour/tokens.safetensors")]
    [InlineData("..%2fneighbour%2ftokens.safetensors")]
    [InlineData("..%c0%afneighbour/tokens.safetensors")]
    [InlineData("\u002e\u002e\u2215neighbour\u2215tokens.safetensors")]
    [InlineData("\uff0e\uff0e/neighbour/tokens.safetensors")]
    [InlineData("file:../neighbour/tokens.safetensors")]
    [InlineData("~/tokens.safetensors")]
    [InlineData("$HOME/tokens.safetensors")]
    [InlineData("inputs.safetensors\0/../../neighbour/tokens.safetensors")]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData(":tokens")]
    public async Task Submit_PathOutOfTheRoot_IsRefused(string named)
    {
        foreach (var field in new[] { "tokens", "induction_tokens" })
            await server.RefusedAsync(new Dictionary<string, object> { ["model"] = "model", ["tokens"] = "inputs.safetensors", [field] = named });
    }

    [Theory]
    [InlineData("tokens.safetensors", "")]
    [InlineData("tokens.safetensors", ":tokens")]
    [InlineData("secret", "")]
    [InlineData("nothing.safetensors", "")]
    public async Task Submit_AbsolutePathOutOfTheRoot_IsRefusedByTheNameThatWasGiven(string file, string tensor)
    {
        var named = $"{server.Outside(file)}{tensor}";
        var (status, body) = await server.SubmitAsync(new { model = "model", tokens = named });
        Assert.Equal(System.Net.HttpStatusCode.BadRequest, status);
        Assert.Contains(server.Outside(file), body, StringComparison.Ordinal);
        Assert.DoesNotContain(server.Inputs, body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("tokens.safetensors")]
    [InlineData("secret")]
    [InlineData("nothing")]
    public async Task Submit_LinkOutOfTheRoot_IsRefusedAlikeWhateverIsThere(string target)
    {
        var (file, folder) = ($"{target}-link.safetensors", $"{target}-folder");
        File.CreateSymbolicLink(server.Inside(file), server.Outside(target));
        File.CreateSymbolicLink(server.Inside(folder), server.Outside(""));
        Assert.Equal(await server.RefusedAsync(new { model = "model", tokens = "nowhere.safetensors" }), await Refusal(file));
        Assert.Equal(await server.RefusedAsync(new { model = "model", tokens = "nowhere.safetensors" }), await Refusal($"{folder}/{target}"));

        async Task<string> Refusal(string named) => (await server.RefusedAsync(new { model = "model", tokens = named })).Replace(named, "nowhere.safetensors", StringComparison.Ordinal);
    }

    [Fact]
    public async Task Submit_LinkWithinTheRoot_IsFollowed()
    {
        File.CreateSymbolicLink(server.Inside("link.safetensors"), "inputs.safetensors");
        File.CreateSymbolicLink(server.Inside("blob"), "inputs.safetensors");
        File.CreateSymbolicLink(server.Inside("chain.safetensors"), server.Inside("blob"));
        foreach (var named in new[] { "link.safetensors", "chain.safetensors", server.Inside("chain.safetensors") })
            await server.AcceptedAsync(new { model = "model", tokens = named, induction_tokens = $"{named}:ind_tokens", rows = 3 });
    }

    [SkippableTheory]
    [InlineData("zero.npy", "/dev/zero")]
    [InlineData("null.safetensors", "/dev/null")]
    [InlineData("terminal.npy", "/dev/tty")]
    [InlineData("environment.npy", "/proc/self/environ")]
    [InlineData("root.npy", "/proc/self/root/etc/passwd")]
    [InlineData("handle.npy", "/proc/self/fd/0")]
    public async Task Submit_LinkToADevice_IsRefused(string name, string target)
    {
        Skip.If(OperatingSystem.IsWindows(), "has no such devices");
        File.CreateSymbolicLink(server.Inside(name), target);
        await server.RefusedAsync(new { model = "model", tokens = name });
        await server.RefusedAsync(new { model = "model", tokens = "inputs.safetensors", induction_tokens = name });
    }

    [Fact]
    public async Task Submit_FolderNamedAsAFile_SaysThatItIsOne()
    {
        Directory.CreateDirectory(server.Inside("folder.npy"));
        Assert.Contains("folder.npy", await server.RefusedAsync(new { model = "model", tokens = "folder.npy" }), StringComparison.Ordinal);
        Assert.Contains("a folder", await server.RefusedAsync(new { model = "model", tokens = "folder.npy" }), StringComparison.Ordinal);
    }
}
