using System.Text;
using HeadScope.Data.Hub;
using HeadScope.Data.Weights;
using HeadScope.Tests.Support;

namespace HeadScope.Data.Tests.Hub;

/// <summary>Of a model's repository, exactly the files that loading it needs.</summary>
public sealed class HubModelTests
{
    public static TheoryData<string, string, string> Repositories => new()
    {
        { "both formats", "config.json model.safetensors pytorch_model.bin tokenizer.json README.md onnx/model.onnx " +
            "flax_model.msgpack", "config.json model.safetensors tokenizer.json" },
        { "pickles only", "config.json pytorch_model.bin training_args.bin vocab.json " +
            "merges.txt", "config.json pytorch_model.bin vocab.json merges.txt" },
        { "TransformerLens", "config.json model_final.pth tokenizer/tokenizer.json checkpoints/step_0.pth", "config.json model_final.pth" },
        { "sharded", "config.json model.safetensors.index.json model-00001-of-00002.safetensors model-00002-of-00002.safetensors " +
            "pytorch_model.bin other.safetensors", "config.json model.safetensors.index.json model-00001-of-00002.safetensors " +
            "model-00002-of-00002.safetensors" },
    };

    [Theory]
    [MemberData(nameof(Repositories))]
    public async Task DownloadModel_BringsOneCheckpointAndNoOther(string kind, string files, string expected)
    {
        var content = files.Split(' ').ToDictionary(name => name, name => Encoding.UTF8.GetBytes($"{kind}: {name}"));
        if (kind == "sharded")
            content[ModelFiles.Index] = """{"weight_map": {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors", "c": "model-00001-of-00002.safetensors"}}"""u8.ToArray();
        await using var hub = await HubFixture.StartAsync(content);
        using var client = new HubClient(hub.Options, TimeProvider.System);
        var snapshot = await client.DownloadModelAsync(HubFixture.Name, "main");
        var names = expected.Split(' ').Order(StringComparer.Ordinal).ToList();
        Assert.Equal(names, snapshot.Files.Order(StringComparer.Ordinal));
        Assert.Equal(names, Directory.GetFiles(snapshot.Folder, "*", SearchOption.AllDirectories).Select(
            path => Path.GetRelativePath(snapshot.Folder, path)).Order(StringComparer.Ordinal));

        // And the same again where the hub is not there any more.
        await hub.Server.StopAsync();
        using var offline = new HubClient(hub.Options with { Offline = true }, TimeProvider.System);
        Assert.Equal(snapshot.Files, (await offline.DownloadModelAsync(HubFixture.Name, "main")).Files);
    }

    [Theory]
    [InlineData("README.md", "there is no config.json")]
    [InlineData("config.json README.md", "no checkpoint")]
    [InlineData("config.json a.pth b.pth", "which checkpoint is meant? There are a.pth, b.pth")]
    public async Task DownloadModel_NoModelThere_SaysSo(string files, string message)
    {
        await using var hub = await HubFixture.StartAsync(files.Split(' ').ToDictionary(name => name, _ => "x"u8.ToArray()));
        using var client = new HubClient(hub.Options, TimeProvider.System);
        var fault = await Assert.ThrowsAsync<InvalidDataException>(() => client.DownloadModelAsync(HubFixture.Name, "main"));
        Assert.Contains(message, fault.Message, StringComparison.Ordinal);
        Assert.StartsWith("model 'org/name' at revision 'main'", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("../x.safetensors", "is not a plain file name")]
    [InlineData("model-00003-of-00002.safetensors", "has no file 'model-00003-of-00002.safetensors'")]
    public async Task DownloadModel_IndexNamesWhatIsNotThere_SaysSo(string shard, string message)
    {
        await using var hub = await HubFixture.StartAsync(new Dictionary<string, byte[]>
        {
            ["config.json"] = "{}"u8.ToArray(),
            [ModelFiles.Index] = Encoding.UTF8.GetBytes($$$"""{"weight_map": {"a": "{{{shard}}}"}}"""),
        });
        using var client = new HubClient(hub.Options, TimeProvider.System);
        var fault = await Assert.ThrowsAnyAsync<Exception>(() => client.DownloadModelAsync(HubFixture.Name, "main"));
        Assert.True(fault is InvalidDataException or HubException, fault.ToString());
        Assert.Contains(message, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task DownloadModel_Folder_LoadsAsTheLocalOneDoes()
    {
        await using var hub = await HubFixture.StartAsync();
        hub.Server.AddFolder("neox-tiny", Fixture.PathOf("neox-tiny", "model"));
        using var client = new HubClient(hub.Options, TimeProvider.System);
        var snapshot = await client.DownloadModelAsync("neox-tiny", "main");
        Assert.Equal(ModelWeights.Hash(Fixture.PathOf("neox-tiny", "model")), ModelWeights.Hash(snapshot.Folder));
    }
}
