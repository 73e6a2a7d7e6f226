using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json;
using HeadScope.Tests.Support;

namespace HeadScope.Data.Tests.Hub;

/// <summary>The hub's own clients, for Node and for Python, beside ours: either finds in the cache what the other has brought.</summary>
public sealed class HubPeerTests
{
    /// <summary>What hub_peer.py ends with where the library is missing.</summary>
    const int NotInstalled = 42;

    static readonly string[] Packages = ["@huggingface/hub@2.17.5"];

    static readonly string[] Names = ["config.json", "model.safetensors", "sub/notes.txt"];

    [SkippableFact]
    public async Task Node_ReadsOurCache()
    {
        await using var hub = await HubFixture.StartAsync();
        var snapshot = await hub.DownloadAsync();
        var found = JsonDocument.Parse(
            await Task.Run(() => NodePackages.Run("hub-peer.mjs", Packages, hub.Options.Cache, HubFixture.Name))).RootElement;
        Assert.Empty(found.GetProperty("warnings").EnumerateArray());
        var files = found.GetProperty("files").EnumerateArray().ToList();
        // It looks at a snapshot's top.
        Assert.Equal(Names[..2], files.Select(
            file => Path.GetRelativePath(snapshot.Folder, file.GetProperty("path").GetString()!)).Order(StringComparer.Ordinal));
        Assert.All(files, file =>
        {
            Assert.Equal(snapshot.Commit, file.GetProperty("commit").GetString());
            Assert.Equal("main", file.GetProperty("refs")[0].GetString());
            hub.Content.TryFind(
                snapshot.Commit, Path.GetRelativePath(snapshot.Folder, file.GetProperty("path").GetString()!), out var content);
            Assert.Equal(
                (content.Etag, content.Bytes.Length),
                (Path.GetFileName(file.GetProperty("blob").GetString()), file.GetProperty("size").GetInt32()));
        });
    }

    [SkippableFact]
    public async Task Node_FilledTheCache_WeDownloadNothing()
    {
        await using var hub = await HubFixture.StartAsync();
        await Task.Run(() => NodePackages.Run("hub-peer.mjs", Packages, hub.Options.Cache, HubFixture.Name, hub.Server.Endpoint));
        await AssertNothingIsDownloadedAsync(hub);
    }

    [SkippableFact]
    public async Task Python_ReadsOurCache()
    {
        await using var hub = await HubFixture.StartAsync();
        var snapshot = await hub.DownloadAsync();
        await hub.Server.StopAsync();
        var found = await RunPythonAsync(hub, ["scan", HubFixture.Name, .. Names], offline: true);
        Assert.Empty(found.GetProperty("warnings").EnumerateArray());
        Assert.Equal(Names, found.GetProperty("files").EnumerateArray().Select(
            file => file[0].GetString()!.Replace("notes.txt", "sub/notes.txt", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
        Assert.All(
            Names, name => Assert.Equal(Path.Combine(snapshot.Folder, name), found.GetProperty("found").GetProperty(name).GetString()));
        Assert.Equal(snapshot.Commit, found.GetProperty("refs").GetProperty("main").GetString());

        // Offline it takes our snapshot for a whole one.
        var downloaded = await RunPythonAsync(hub, ["download", HubFixture.Name], offline: true);
        Assert.Equal(snapshot.Folder, downloaded.GetProperty("folder").GetString());
    }

    [SkippableFact]
    public async Task Python_FilledTheCache_WeDownloadNothing()
    {
        await using var hub = await HubFixture.StartAsync();
        await RunPythonAsync(hub, ["download", HubFixture.Name], offline: false);
        await AssertNothingIsDownloadedAsync(hub);
    }

    /// <summary>Only what the branch is may be asked; and without a hub at all, the same is found.</summary>
    static async Task AssertNothingIsDownloadedAsync(HubFixture hub)
    {
        var before = hub.Server.Requests.Count;
        var snapshot = await hub.DownloadAsync();
        Assert.Equal(["/api/models/org/name/revision/main?blobs=true"], hub.Server.Requests.Skip(before).Select(request => request.Path));
        Assert.Equal(HubFixture.LargeContent, await File.ReadAllBytesAsync(Path.Combine(snapshot.Folder, "model.safetensors")));
        Assert.Equal("notes\n", await File.ReadAllTextAsync(Path.Combine(snapshot.Folder, "sub/notes.txt")));
        hub.Options = hub.Options with { Offline = true };
        Assert.Equal(snapshot.Folder, (await hub.DownloadAsync()).Folder);
    }

    static async Task<JsonElement> RunPythonAsync(HubFixture hub, string[] arguments, bool offline)
    {
        var start = new ProcessStartInfo("python3", [Path.Combine(AppContext.BaseDirectory, "Support", "hub_peer.py"), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment =
            {
                ["HF_ENDPOINT"] = hub.Server.Endpoint,
                ["HF_HOME"] = hub.File("home"),
                ["HF_HUB_CACHE"] = hub.Options.Cache,
                ["HF_HUB_OFFLINE"] = offline ? "1" : "0",
                ["HF_HUB_DISABLE_PROGRESS_BARS"] = "1",
                ["HF_HUB_DISABLE_TELEMETRY"] = "1",
            },
        };
        try
        {
            using var process = Process.Start(start)!;
            var error = process.StandardError.ReadToEndAsync();
            var output = await process.StandardOutput.ReadToEndAsync();
            await process.WaitForExitAsync();
            Skip.If(process.ExitCode == NotInstalled, $"huggingface_hub is not installed here: {output.Trim()}");
            Assert.True(process.ExitCode == 0, await error);
            return JsonDocument.Parse(output).RootElement;
        }
        catch (Win32Exception e)
        {
            Skip.If(true, $"python3 is not here: {e.Message}");
            throw;
        }
    }
}
