using HeadScope.Data.Weights;
using HeadScope.Tests.Support;

namespace HeadScope.Client.Tests.Server.Paths;

/// <summary>
/// What the files of a model's folder may lead to: what lies in the server's root, as in a cache of the hub, and nothing else.
/// </summary>
public sealed class ModelPathTests(RootedServer server) : IClassFixture<RootedServer>
{
    const string Index = "model.safetensors.index.json";

    [Theory]
    [InlineData("config.json", "model/config.json")]
    [InlineData("model.safetensors", "model/model.safetensors")]
    [InlineData("config.json", "secret")]
    [InlineData("model.safetensors", "secret")]
    [InlineData("tokenizer.json", "secret")]
    [InlineData("vocab.json", "secret")]
    [InlineData("tokenizer.json", "nothing")]
    public async Task Submit_LinkOutOfTheRoot_IsRefused(string file, string target)
    {
        var model = server.NewModel();
        RootedServer.Replace(server.Inside($"{model}/{file}"), link => File.CreateSymbolicLink(link, server.Outside(target)));
        File.WriteAllText(server.Inside($"{model}/merges.txt"), "");
        Assert.Contains($"{model}/{file}", await server.RefusedModelAsync(model), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Submit_LinkedFolderOutOfTheRoot_IsRefused()
    {
        Directory.CreateSymbolicLink(server.Inside("elsewhere"), server.Outside("model"));
        Assert.Contains("'elsewhere'", await server.RefusedModelAsync("elsewhere"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("../model.safetensors")]
    [InlineData("../../neighbour/model/model.safetensors")]
    [InlineData("/elsewhere/shard.safetensors")]
    [InlineData("..")]
    [InlineData("shard\\u0000.safetensors")]
    public async Task Submit_IndexThatNamesFilesElsewhere_IsRefused(string shard)
    {
        var model = server.NewModel();
        File.Delete(server.Inside($"{model}/model.safetensors"));
        File.WriteAllText(server.Inside($"{model}/{Index}"), $$$"""{"weight_map": {"gpt_neox.embed_in.weight": "{{{shard}}}"}}""");
        Assert.Contains($"{model}/{Index}", await server.RefusedModelAsync(model), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Submit_ShardThatIsALinkOutOfTheRoot_IsRefused()
    {
        var model = Sharded();
        var target = server.Outside("model/model.safetensors");
        RootedServer.Replace(server.Inside($"{model}/shard.safetensors"), link => File.CreateSymbolicLink(link, target));
        Assert.Contains("shard.safetensors", await server.RefusedModelAsync(model), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Submit_FolderOfAHubCacheInTheRoot_IsReadThroughItsLinks()
    {
        var snapshot = MakeSnapshot(server.Inside("cache"));
        await server.AcceptedAsync(new { model = Path.GetRelativePath(server.Inputs, snapshot), tokens = "inputs.safetensors" });
    }

    [Fact]
    public async Task Submit_ModelOfTheServersHubCache_IsReadThroughItsLinksButNotBeyond()
    {
        var snapshot = MakeSnapshot(server.HubCache);
        using var hub = await server.StartAsync(server.Inputs, "--hub");
        await server.AcceptedAsync(new { model = "someone/tiny", tokens = "inputs.safetensors" }, hub);

        var target = server.Outside("model/model.safetensors");
        RootedServer.Replace(Path.Combine(snapshot, "model.safetensors"), link => File.CreateSymbolicLink(link, target));
        Assert.Contains("someone/tiny/model.safetensors", await server.RefusedModelAsync("someone/tiny", hub), StringComparison.Ordinal);
        Assert.Contains("someone/absent", await server.RefusedModelAsync("someone/absent", hub), StringComparison.Ordinal);
    }

    /// <summary>A model in a folder of the root whose checkpoint is spread over one file.</summary>
    string Sharded()
    {
        var model = server.NewModel();
        var shard = server.Inside($"{model}/shard.safetensors");
        File.Move(server.Inside($"{model}/model.safetensors"), shard);
        using var file = SafetensorsFile.Open(shard);
        var map = string.Join(", ", file.Tensors.Keys.Select(tensor => $"\"{tensor}\": \"shard.safetensors\""));
        File.WriteAllText(server.Inside($"{model}/{Index}"), $$"""{"weight_map": { {{map}} } }""");
        return model;
    }

    /// <summary>
    /// Puts the tiny model into a cache as the hub's tools do: files by their content, and a commit's names as links to them.
    /// </summary>
    /// <returns>The commit's folder.</returns>
    static string MakeSnapshot(string cache)
    {
        var commit = new string('a', 40);
        var repository = Path.Combine(cache, "models--someone--tiny");
        var snapshot = Path.Combine(repository, "snapshots", commit);
        foreach (var folder in new[] { snapshot, Path.Combine(repository, "blobs"), Path.Combine(repository, "refs") })
            Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(repository, "refs", "main"), commit);
        foreach (var file in Directory.GetFiles(Fixture.PathOf("neox-tiny", "model")))
        {
            var (name, blob) = (Path.GetFileName(file), $"blob-{Path.GetFileName(file).Length}");
            File.Copy(file, Path.Combine(repository, "blobs", blob));
            File.CreateSymbolicLink(Path.Combine(snapshot, name), Path.Combine("..", "..", "blobs", blob));
        }

        return snapshot;
    }
}
