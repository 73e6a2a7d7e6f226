using System.Text.Json.Nodes;
using HeadScope.Tests.Support;

namespace HeadScope.Client.Tests.Server;

/// <summary>Downloads from a server: over connections that break, after interruptions, of results that are damaged.</summary>
public sealed class PullTests : IAsyncLifetime
{
    readonly TemporaryFolder _folder = new();
    readonly ServerProcess _server = new("--workers", "2", "--threads", "2");
    ServerClient _client = null!;
    string _id = "";

    public async Task InitializeAsync()
    {
        Fixture.Copy(Path.Combine(_server.Inputs, "model"), "neox-tiny", "model");
        File.Copy(Fixture.PathOf("neox-tiny", "inputs.safetensors"), Path.Combine(_server.Inputs, "inputs.safetensors"));
        await _server.StartAsync();
        _client = new ServerClient(_server.Address, null);
        _id = await _client.SaysAsync(0, ["submit", "--model", "model", "--tokens", "inputs.safetensors", "--skip-heads", "--keep-scores"]);
        await _client.SaysAsync(0, ["watch", "--job", _id]);
    }

    public Task DisposeAsync()
    {
        _server.Dispose();
        _folder.Dispose();
        return Task.CompletedTask;
    }

    [Fact]
    public async Task Pull_ConnectionsBreak_GoesOnWhereTheyBroke()
    {
        const int seed = 7;
        await using var proxy = await FaultyProxy.StartAsync(new Uri(_server.Address));
        proxy.BreakSome(0.3, seed);
        await new ServerClient(proxy.Address.ToString(), null).SaysAsync(0, ["pull", "--job", _id, "--out", _folder.File("out")]);
        Assert.True(proxy.Broken > 0, $"nothing broke with seed {seed}");
        AssertWhole(_folder.File("out"));
    }

    [Fact]
    public async Task Pull_HalfOfAFileIsThere_FetchesTheOtherHalfAndChecksBoth()
    {
        var scores = Path.Combine(_server.Store, "jobs", _id, "results", "scores.parquet");
        var bytes = await File.ReadAllBytesAsync(scores);
        var sha = (string)JsonNode.Parse(await File.ReadAllBytesAsync(
            Path.Combine(_server.Store, "jobs", _id, "results", "manifest.json")))!["files"]!["scores.parquet"]!["sha256"]!;
        var part = _folder.File($"out/.scores.parquet.{sha[..16]}.part");
        Directory.CreateDirectory(_folder.File("out"));
        bytes[10] ^= 1;
        await File.WriteAllBytesAsync(part, bytes[..(bytes.Length / 2)]);
        string[] pull = ["pull", "--job", _id, "--out", _folder.File("out")];
        // So it was used.
        Assert.Contains("scores.parquet: this is not the result", await _client.ErrorAsync(1, pull), StringComparison.Ordinal);
        Assert.False(File.Exists(part));

        bytes[10] ^= 1;
        await File.WriteAllBytesAsync(part, bytes[..(bytes.Length / 2)]);
        await _client.SaysAsync(0, pull);
        Assert.False(File.Exists(part));
        AssertWhole(_folder.File("out"));
        Assert.Contains("done already", await _client.SaysAsync(0, pull), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pull_AResultIsDamagedOnTheServer_IsRefusedAndNamed()
    {
        var damaged = Path.Combine(_server.Store, "jobs", _id, "results", "head_df.parquet");
        var bytes = await File.ReadAllBytesAsync(damaged);
        bytes[100] ^= 1;
        await File.WriteAllBytesAsync(damaged, bytes);
        Assert.Contains(
            "head_df.parquet: this is not the result", await _client.ErrorAsync(1, ["pull", "--job", _id, "--out", _folder.File("out")]),
            StringComparison.Ordinal);
        Assert.False(File.Exists(_folder.File("out/head_df.parquet")));
        Assert.False(File.Exists(_folder.File("out/manifest.json")));
    }

    void AssertWhole(string pulled) => Results.AssertSame(Path.Combine(_server.Store, "jobs", _id, "results"), pulled);
}
