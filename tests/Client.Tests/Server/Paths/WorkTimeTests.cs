namespace HeadScope.Client.Tests.Server.Paths;

/// <summary>A job's files are looked at again by whoever works on it: what was in the root when the job came need not be when it is done.</summary>
public sealed class WorkTimeTests(RootedServer server) : IClassFixture<RootedServer>
{
    [Theory]
    [InlineData("tokens")]
    [InlineData("model")]
    [InlineData("folder")]
    public async Task Work_FileBecameALinkOutOfTheRoot_FailsTheJobThoughTheContentIsTheSame(string what)
    {
        var store = Guid.NewGuid().ToString("N");
        var (model, tokens) = (server.NewModel(), $"{Guid.NewGuid():N}.safetensors");
        File.Copy(server.Inside("inputs.safetensors"), server.Inside(tokens));
        string id;
        using (var intake = await server.StartOverAsync(store, server.Inputs, "--workers", "0"))
        {
            id = await server.AcceptedAsync(new { model, tokens, skip_heads = true }, intake);
            await intake.StopAsync();
        }

        if (what == "folder")
        {
            Directory.Delete(server.Inside(model), recursive: true);
            Directory.CreateSymbolicLink(server.Inside(model), server.Outside("model"));
        }
        else
        {
            var (name, target) = what == "tokens" ? (tokens, "tokens.safetensors") : ($"{model}/model.safetensors", "model/model.safetensors");
            RootedServer.Replace(server.Inside(name), link => File.CreateSymbolicLink(link, server.Outside(target)));
        }

        using var workers = await server.StartOverAsync(store, server.Inputs);
        var error = (await server.UntilAsync(id, workers, "failed", "done")).GetProperty("error").GetString()!;
        Assert.Contains(what == "tokens" ? tokens : model, error, StringComparison.Ordinal);
        server.AssertTellsNothing(error);
    }

    [Fact]
    public async Task Work_JobOfAServerWithOtherRoots_IsLeftToServersThatHaveThem()
    {
        var store = Guid.NewGuid().ToString("N");
        using var intake = await server.StartOverAsync(store, server.Inputs, "--workers", "0");
        var id = await server.AcceptedAsync(new { model = "model", tokens = "inputs.safetensors", skip_heads = true }, intake);

        using var elsewhere = await server.StartOverAsync(store, server.Outside("root"));
        await elsewhere.SaysAsync($"Job {id}");
        Assert.Contains("--models", elsewhere.Log, StringComparison.Ordinal);
        Assert.Equal("planned", (await server.UntilAsync(id, intake, "planned", "done", "failed")).GetProperty("state").GetString());

        using var workers = await server.StartOverAsync(store, server.Inputs);
        await server.UntilAsync(id, workers, "done");
    }

    [Fact]
    public async Task Work_FileIsGone_FailsTheJobByTheNameThatCallersGive()
    {
        var tokens = $"{Guid.NewGuid():N}.safetensors";
        File.Copy(server.Inside("inputs.safetensors"), server.Inside(tokens));
        var store = Guid.NewGuid().ToString("N");
        using var intake = await server.StartOverAsync(store, server.Inputs, "--workers", "0");
        var id = await server.AcceptedAsync(new { model = "model", tokens, skip_heads = true }, intake);
        File.Delete(server.Inside(tokens));
        using var workers = await server.StartOverAsync(store, server.Inputs);
        var error = (await server.UntilAsync(id, workers, "failed", "done")).GetProperty("error").GetString()!;
        Assert.StartsWith($"{tokens}: ", error, StringComparison.Ordinal);
        server.AssertTellsNothing(error);
    }
}
