using HeadScope.Tests.Support;

namespace HeadScope.Client.Tests;

/// <summary>Jobs in a store that several processes share, and what goes wrong with them.</summary>
public sealed class StoreTests : IDisposable
{
    static readonly string[] Job = ["--model", Fixture.PathOf("neox-tiny", "model"), "--tokens", Fixture.PathOf(
        "neox-tiny", "inputs.safetensors"), "--shard-rows", "5"];

    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Work_JobIsCancelled_SaysSoUntilItIsSubmittedAgain()
    {
        string[] store = ["--store", _folder.File("store")];
        await SaysAsync(0, ["cancel", .. store, "--job", await SaysAsync(0, ["submit", .. store, .. Job])]);
        await SaysAsync(3, ["work", .. store]);
        await SaysAsync(0, ["submit", .. store, .. Job]);
        await SaysAsync(0, ["work", .. store]);
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

    static async Task<string> SaysAsync(int expected, string[] arguments)
    {
        var (code, output, error) = await HeadScopeProcess.RunAsync(arguments);
        Assert.True(code == expected, $"{arguments[0]} ended with {code}: {error}");
        return output;
    }
}
