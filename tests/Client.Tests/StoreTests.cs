using System.Text.Json.Nodes;
using HeadScope.Tests.Support;

namespace HeadScope.Client.Tests;

/// <summary>Jobs in a store that several processes share: submit, work, status, list, pull, cancel.</summary>
public sealed class StoreTests : IDisposable
{
    static readonly string[] Job = ["--model", Fixture.PathOf("neox-tiny", "model"), "--tokens", Fixture.PathOf("neox-tiny", "inputs.safetensors"), "--shard-rows", "5"];

    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Submit_WorkAndPull_GiveWhatARunGives()
    {
        string[] store = ["--store", _folder.File("store")];
        var id = await SaysAsync(0, ["submit", .. store, .. Job]);
        Assert.Matches("^[0-9a-f]{16}$", id);
        Assert.Equal(id, await SaysAsync(0, ["submit", .. store, .. Job]));
        Assert.Equal($"{id}  planned        0 of 5 shards  model, 24 rows of 64", await SaysAsync(0, ["list", .. store]));
        var (code, _, error) = await HeadScopeProcess.RunAsync(["pull", .. store, "--job", id, "--out", _folder.File("pulled")]);
        Assert.Equal(1, code);
        Assert.Contains("0 of 5 shards", error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder.File("pulled")));

        await SaysAsync(0, ["work", .. store]);
        var status = JsonNode.Parse(await SaysAsync(0, ["status", .. store, "--job", id, "--json"]))!;
        Assert.Equal(("done", 5, 5), ((string?)status["state"], (int)status["shards_done"]!, (int)status["shards"]!));
        await SaysAsync(0, ["pull", .. store, "--job", id, "--out", _folder.File("pulled")]);
        Assert.Contains("done already", await SaysAsync(0, ["pull", .. store, "--job", id, "--out", _folder.File("pulled")]), StringComparison.Ordinal);
        Assert.Equal(id, await SaysAsync(0, ["submit", .. store, .. Job]));

        await SaysAsync(0, ["run", .. Job, "--out", _folder.File("run")]);
        AssertSameResults(_folder.File("run"), _folder.File("pulled"));
    }

    [Fact]
    public async Task Cancel_StopsWorkUntilTheJobIsSubmittedAgain()
    {
        string[] store = ["--store", _folder.File("store")];
        var id = await SaysAsync(0, ["submit", .. store, .. Job]);
        Assert.Contains("cancelled", await SaysAsync(0, ["cancel", .. store, "--job", id]), StringComparison.Ordinal);
        await SaysAsync(3, ["work", .. store]);
        await SaysAsync(3, ["status", .. store, "--job", id]);
        await SaysAsync(3, ["pull", .. store, "--job", id, "--out", _folder.File("pulled")]);
        Assert.Equal(id, await SaysAsync(0, ["submit", .. store, .. Job]));
        await SaysAsync(0, ["work", .. store]);
        Assert.Contains("done", await SaysAsync(0, ["cancel", .. store, "--job", id]), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pull_AResultIsDamagedInTheStore_IsRefusedAndNamed()
    {
        string[] store = ["--store", _folder.File("store")];
        var id = await SaysAsync(0, ["submit", .. store, .. Job, "--skip-heads"]);
        await SaysAsync(0, ["work", .. store]);
        var damaged = _folder.File($"store/jobs/{id}/results/head_df.parquet");
        var bytes = await File.ReadAllBytesAsync(damaged);
        bytes[100] ^= 1;
        await File.WriteAllBytesAsync(damaged, bytes);
        var (code, _, error) = await HeadScopeProcess.RunAsync(["pull", .. store, "--job", id, "--out", _folder.File("pulled")]);
        Assert.Equal(1, code);
        Assert.Contains("head_df.parquet: this is not the result", error, StringComparison.Ordinal);
        Assert.False(File.Exists(_folder.File("pulled/head_df.parquet")));
        Assert.False(File.Exists(_folder.File("pulled/manifest.json")));
    }

    [Theory]
    [InlineData("status", "--job", "0123456789abcdef")]
    [InlineData("pull", "--job", "../../x", "--out", "unused")]
    [InlineData("work", "--job", "0123456789abcdef")]
    public async Task AnyVerb_NoSuchJob_SaysWhichThereAre(string verb, params string[] more)
    {
        string[] store = ["--store", _folder.File("store")];
        var id = await SaysAsync(0, ["submit", .. store, .. Job]);
        var (code, _, error) = await HeadScopeProcess.RunAsync([verb, .. store, .. more]);
        Assert.Equal(1, code);
        Assert.Contains($"there is no job '{more[1]}'. It holds {id}.", error, StringComparison.Ordinal);
    }

    /// <summary>Every result and the manifest, byte by byte.</summary>
    internal static void AssertSameResults(string expected, string actual)
    {
        var files = JsonNode.Parse(File.ReadAllBytes(Path.Combine(expected, "manifest.json")))!["files"]!.AsObject().Select(file => file.Key);
        foreach (var file in files.Append("manifest.json"))
            Assert.True(File.ReadAllBytes(Path.Combine(expected, file)).AsSpan().SequenceEqual(File.ReadAllBytes(Path.Combine(actual, file))), $"{file} differs");
    }

    static async Task<string> SaysAsync(int expected, string[] arguments)
    {
        var (code, output, error) = await HeadScopeProcess.RunAsync(arguments);
        Assert.True(code == expected, $"{arguments[0]} ended with {code}: {error}");
        return output;
    }
}
