using System.Text;
using System.Text.Json;
using HeadScope.Data.Hub;

namespace HeadScope.Data.Tests.Hub;

/// <summary>Downloads from a hub that does as it should.</summary>
public sealed class HubDownloadTests
{
    [Fact]
    public async Task Download_Everything_LaysTheCacheOutAsTheEcosystemDoes()
    {
        await using var hub = await HubFixture.StartAsync();
        var snapshot = await hub.DownloadAsync();

        var commit = hub.Content.Head;
        Assert.Equal(commit, snapshot.Commit);
        Assert.Equal(Path.Combine(hub.Repository, "snapshots", commit), snapshot.Folder);
        hub.Content.TryFind(commit, "model.safetensors", out var model);
        hub.Content.TryFind(commit, "config.json", out var config);
        hub.Content.TryFind(commit, "sub/notes.txt", out var notes);
        Assert.Equal(
            new[]
            {
                $".locks/models--org--name/{config.Etag}.lock", $".locks/models--org--name/{model.Etag}.lock", $".locks/models--org--name/{notes.Etag}.lock",
                $"models--org--name/blobs/{config.Etag}", $"models--org--name/blobs/{model.Etag}", $"models--org--name/blobs/{notes.Etag}",
                "models--org--name/refs/main",
                $"models--org--name/snapshots/{commit}/config.json -> ../../blobs/{config.Etag}",
                $"models--org--name/snapshots/{commit}/model.safetensors -> ../../blobs/{model.Etag}",
                $"models--org--name/snapshots/{commit}/sub/notes.txt -> ../../../blobs/{notes.Etag}",
                $"models--org--name/trees/{commit}.json",
            }.Order(StringComparer.Ordinal),
            hub.CacheFiles());
        Assert.Equal(64, model.Etag.Length);
        Assert.Equal(40, config.Etag.Length);
        Assert.Equal(commit, await File.ReadAllTextAsync(Path.Combine(hub.Repository, "refs/main")));
        Assert.Equal(HubFixture.LargeContent, await File.ReadAllBytesAsync(Path.Combine(snapshot.Folder, "model.safetensors")));
        Assert.Equal("notes\n", await File.ReadAllTextAsync(Path.Combine(snapshot.Folder, "sub/notes.txt")));
    }

    [Fact]
    public async Task Download_Chosen_BringsNothingElse()
    {
        await using var hub = await HubFixture.StartAsync();
        var snapshot = await hub.DownloadAsync("config.json");
        Assert.Equal(["config.json"], snapshot.Files);
        Assert.Equal(
            ["config.json"], Directory.GetFiles(snapshot.Folder, "*", SearchOption.AllDirectories).Select(path => Path.GetFileName(path)));
        Assert.DoesNotContain(hub.Server.Requests, request => request.Path.Contains("model.safetensors", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Download_Again_AsksOnlyWhatTheBranchIs()
    {
        await using var hub = await HubFixture.StartAsync();
        var first = await hub.DownloadAsync();
        var before = hub.Server.Requests.Count;
        var again = await hub.DownloadAsync();
        Assert.Equal(first.Folder, again.Folder);
        Assert.Equal(["/api/models/org/name/revision/main?blobs=true"], hub.Server.Requests.Skip(before).Select(request => request.Path));

        // A commit is what it is: nothing need be asked.
        before = hub.Server.Requests.Count;
        await hub.DownloadAsync(first.Commit, []);
        Assert.Equal(before, hub.Server.Requests.Count);
    }

    [Fact]
    public async Task Download_NewCommit_BringsWhatChangedAndKeepsTheOld()
    {
        await using var hub = await HubFixture.StartAsync();
        var first = await hub.DownloadAsync();
        hub.Server.Add(
            HubFixture.Name, new Dictionary<string,
            byte[]>
            { ["config.json"] = "{\"new\": 1}"u8.ToArray(), ["model.safetensors"] = HubFixture.LargeContent });
        var before = hub.Server.Requests.Count;
        var second = await hub.DownloadAsync();
        Assert.NotEqual(first.Commit, second.Commit);
        Assert.Equal("{\"new\": 1}", await File.ReadAllTextAsync(Path.Combine(second.Folder, "config.json")));
        Assert.Equal("{}", await File.ReadAllTextAsync(Path.Combine(first.Folder, "config.json")));
        Assert.Equal(HubFixture.LargeContent, await File.ReadAllBytesAsync(Path.Combine(second.Folder, "model.safetensors")));
        Assert.DoesNotContain(
            hub.Server.Requests.Skip(before),
            request => request.Method == "GET" && request.Path.Contains("model.safetensors", StringComparison.Ordinal));
        Assert.Equal(second.Commit, await File.ReadAllTextAsync(Path.Combine(hub.Repository, "refs/main")));
    }

    [Theory]
    [InlineData("v1.0")]
    [InlineData("refs/pr/7")]
    public async Task Download_Revision_IsResolvedToItsCommitFirst(string revision)
    {
        await using var hub = await HubFixture.StartAsync();
        hub.Content.Tag(revision);
        var commit = hub.Content.Head;
        hub.Server.Add(HubFixture.Name, new Dictionary<string, byte[]> { ["config.json"] = "other"u8.ToArray() });
        var snapshot = await hub.DownloadAsync(revision, ["config.json"]);
        Assert.Equal(commit, snapshot.Commit);
        Assert.Equal("{}", await File.ReadAllTextAsync(Path.Combine(snapshot.Folder, "config.json")));
        Assert.All(
            hub.Server.Requests.Where(request => request.Path.Contains("/resolve/", StringComparison.Ordinal)),
            request => Assert.Contains($"/resolve/{commit}/", request.Path, StringComparison.Ordinal));
        Assert.Equal(commit, await File.ReadAllTextAsync(Path.Combine(hub.Repository, "refs", revision)));
    }

    [Fact]
    public async Task Download_Dataset_LiesBesideTheModelOfTheSameName()
    {
        await using var hub = await HubFixture.StartAsync();
        hub.Server.Add(
            "datasets/org/name", new Dictionary<string, byte[]> { ["data/train 0+1%.parquet"] = HubFixture.LargeContent[..5000] });
        using var client = new HubClient(hub.Options, TimeProvider.System);
        var snapshot = await client.DownloadAsync(new HubRepository(HubKind.Dataset, HubFixture.Name), "main", names => names);
        Assert.StartsWith(Path.Combine(hub.Options.Cache, "datasets--org--name"), snapshot.Folder, StringComparison.Ordinal);
        Assert.Equal(
            HubFixture.LargeContent[..5000], await File.ReadAllBytesAsync(Path.Combine(snapshot.Folder, "data/train 0+1%.parquet")));
    }

    [Fact]
    public async Task Download_RenamedRepository_FollowsTheRedirectAndKeepsTheNameItWasAskedBy()
    {
        await using var hub = await HubFixture.StartAsync();
        hub.Server.Add("old", new Dictionary<string, byte[]>()).RenamedTo = HubFixture.Name;
        using var client = new HubClient(hub.Options, TimeProvider.System);
        var snapshot = await client.DownloadAsync(new HubRepository(HubKind.Model, "old"), "main", names => names);
        Assert.Equal(HubFixture.LargeContent, await File.ReadAllBytesAsync(Path.Combine(snapshot.Folder, "model.safetensors")));
        Assert.Contains("models--old", snapshot.Folder, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Download_Progress_EndsWithEveryByte()
    {
        await using var hub = await HubFixture.StartAsync();
        await hub.DownloadAsync();
        var last = hub.Progress[^1];
        Assert.Equal((3, 3, 3_000_008L, 3_000_008L), (last.Files, last.FilesDone, last.Bytes, last.TotalBytes));
        Assert.All(hub.Progress.Zip(hub.Progress.Skip(1)), pair => Assert.True(pair.First.Bytes <= pair.Second.Bytes));
    }

    [Fact]
    public async Task Download_WithoutLinks_PutsTheFilesThemselvesIntoTheSnapshot()
    {
        await using var hub = await HubFixture.StartAsync();
        hub.Options = hub.Options with { Symlinks = false };
        var snapshot = await hub.DownloadAsync();
        Assert.Null(new FileInfo(Path.Combine(snapshot.Folder, "model.safetensors")).LinkTarget);
        Assert.Equal(HubFixture.LargeContent, await File.ReadAllBytesAsync(Path.Combine(snapshot.Folder, "model.safetensors")));
        var before = hub.Server.Requests.Count;
        await hub.DownloadAsync();
        Assert.Equal(before + 1, hub.Server.Requests.Count);
    }

    [Fact]
    public async Task Download_BlobIsGone_BringsItAgain()
    {
        await using var hub = await HubFixture.StartAsync();
        var snapshot = await hub.DownloadAsync();
        foreach (var blob in Directory.GetFiles(Path.Combine(hub.Repository, "blobs")))
            File.Delete(blob);
        await hub.DownloadAsync();
        Assert.Equal(HubFixture.LargeContent, await File.ReadAllBytesAsync(Path.Combine(snapshot.Folder, "model.safetensors")));
    }

    [Fact]
    public async Task Tree_IsWhatTheHubSaidOfTheCommit()
    {
        await using var hub = await HubFixture.StartAsync();
        var snapshot = await hub.DownloadAsync("config.json");
        using var tree = JsonDocument.Parse(await File.ReadAllBytesAsync(Path.Combine(hub.Repository, $"trees/{snapshot.Commit}.json")));
        hub.Content.TryFind(snapshot.Commit, "model.safetensors", out var model);
        var entry = tree.RootElement.GetProperty("files").GetProperty("model.safetensors");
        Assert.Equal(
            (model.Etag, model.GitId, 3_000_000),
            (entry.GetProperty("lfs_sha256").GetString(), entry.GetProperty("blob_id").GetString(), entry.GetProperty("size").GetInt32()));
        Assert.Equal(1, tree.RootElement.GetProperty("format_version").GetInt32());
    }

    [Fact]
    public void ContentHash_OfSmallFiles_IsGits()
    {
        // git hash-object of "notes\n" and of "hello\n".
        foreach (var (text, id) in new[] { ("notes\n", "bfa655111293037a5564088d1a9bbca4cbcf446b"), ("hello\n", "ce013625030ba8dba906f756967f9e9ca394464a") })
        {
            using var right = new ContentHash(id, text.Length);
            right.Append(Encoding.UTF8.GetBytes(text));
            Assert.Null(right.Mismatch());
            using var wrong = new ContentHash(id, text.Length);
            wrong.Append("other\n"u8);
            Assert.Contains(id, wrong.Mismatch(), StringComparison.Ordinal);
        }
    }
}
