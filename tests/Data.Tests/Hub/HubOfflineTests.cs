using HeadScope.Data.Hub;

namespace HeadScope.Data.Tests.Hub;

/// <summary>Without a network, what was downloaded before serves; what was not is named.</summary>
public sealed class HubOfflineTests
{
    [Theory]
    [InlineData("main")]
    [InlineData("v1")]
    [InlineData("the commit")]
    public async Task Offline_EverythingInTheCache_AsksNobody(string revision)
    {
        await using var hub = await HubFixture.StartAsync();
        hub.Content.Tag("v1");
        if (revision == "the commit")
            revision = hub.Content.Head;
        var online = await hub.DownloadAsync(revision, ["config.json"]);
        var before = hub.Server.Requests.Count;
        hub.Options = hub.Options with { Offline = true };
        var offline = await hub.DownloadAsync(revision, ["config.json"]);
        Assert.Equal((online.Commit, online.Folder), (offline.Commit, offline.Folder));
        Assert.Equal(before, hub.Server.Requests.Count);
    }

    [Fact]
    public async Task Offline_NotEverythingInTheCache_NamesWhatIsMissing()
    {
        await using var hub = await HubFixture.StartAsync();
        await hub.DownloadAsync("config.json");
        hub.Options = hub.Options with { Offline = true };
        var fault = await hub.FailsAsync("config.json", "model.safetensors");
        Assert.Equal(HubFault.Unreachable, fault.Fault);
        Assert.Contains("Offline mode is on (HF_HUB_OFFLINE).", fault.Message, StringComparison.Ordinal);
        Assert.Contains(
            $"The cache, {hub.Options.Cache}, lacks model.safetensors of model 'org/name' at revision 'main'", fault.Message,
            StringComparison.Ordinal);
        fault = await Assert.ThrowsAsync<HubException>(() => hub.DownloadAsync("v2", []));
        Assert.Contains("does not have model 'org/name' at revision 'v2'", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Offline_CacheOfOlderTools_GoesByTheFilesThatAreThere()
    {
        await using var hub = await HubFixture.StartAsync();
        await hub.DownloadAsync("config.json", "sub/notes.txt");
        Directory.Delete(Path.Combine(hub.Repository, "trees"), recursive: true);
        hub.Options = hub.Options with { Offline = true };
        Assert.Equal(["config.json", "sub/notes.txt"], (await hub.DownloadAsync()).Files.Order(StringComparer.Ordinal));
        var fault = await hub.FailsAsync("model.safetensors");
        Assert.Contains("lacks model.safetensors", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Unreachable_EverythingInTheCache_SaysSoAndUsesIt()
    {
        await using var hub = await HubFixture.StartAsync();
        var online = await hub.DownloadAsync("config.json");
        await hub.Server.StopAsync();
        var offline = await hub.DownloadAsync("config.json");
        Assert.Equal(online.Folder, offline.Folder);
        var message = Assert.Single(hub.Messages);
        Assert.Contains("cannot be reached", message, StringComparison.Ordinal);
        Assert.Contains(
            $"Using what the cache has: model 'org/name' at commit {online.Commit}, as 'main' was last seen.", message,
            StringComparison.Ordinal);

        var fault = await hub.FailsAsync("model.safetensors");
        Assert.Contains("cannot be reached", fault.Message, StringComparison.Ordinal);
        Assert.Contains("does not have all of model 'org/name'", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Busy_EverythingInTheCache_SaysSoAndUsesIt()
    {
        await using var hub = await HubFixture.StartAsync();
        var online = await hub.DownloadAsync("config.json");
        hub.Server.Misbehave("GET", "/revision/", times: 100, (context, _) =>
        {
            context.Response.StatusCode = 503;
            return Task.CompletedTask;
        });
        Assert.Equal(online.Folder, (await hub.DownloadAsync("config.json")).Folder);
        Assert.Contains("Using what the cache has", Assert.Single(hub.Messages), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("not a commit")]
    [InlineData("../../../somewhere")]
    public async Task Offline_ReferenceIsDamaged_CountsAsNone(string reference)
    {
        await using var hub = await HubFixture.StartAsync();
        await hub.DownloadAsync("config.json");
        await File.WriteAllTextAsync(Path.Combine(hub.Repository, "refs/main"), reference);
        hub.Options = hub.Options with { Offline = true };
        Assert.Contains("does not have model 'org/name'", (await hub.FailsAsync("config.json")).Message, StringComparison.Ordinal);
    }
}
