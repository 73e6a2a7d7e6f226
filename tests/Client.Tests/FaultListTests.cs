using System.Text.Json.Nodes;
using HeadScope.Client.Tests.Server;
using HeadScope.Tests.Support;

namespace HeadScope.Client.Tests;

/// <summary>Whatever finds it, all that is wrong with a job or a command line is said at once, in the same words.</summary>
public sealed class FaultListTests : IDisposable
{
    static readonly string[] Wrong = ["--rows", "0", "--quantile", "1.5", "--examples", "-1"];

    static readonly string[] Expected =
    [
        "--examples: -1 is out of range; expected a whole number from 0 to 1000.",
        "--quantile: 1.5 is out of range; expected a number from 0 to 1.",
        "--rows: 0 is out of range; expected a whole number from 1 to 2147483647.",
    ];

    readonly TemporaryFolder _folder = new();

    string[] Job => ["--model", Fixture.PathOf("neox-tiny", "model"), "--tokens", Fixture.PathOf("neox-tiny", "inputs.safetensors")];

    string[] Output => ["--out", _folder.File("out")];

    string[] Store => ["--store", _folder.File("store")];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Job_ThreeOptionsAreWrong_EveryVerbListsTheSameThree()
    {
        string[][] verbs = [["run", .. Output], ["run", "--dry-run", .. Output], ["submit", .. Store], ["submit", "--dry-run", .. Store]];
        foreach (var verb in verbs)
            Assert.Equal(Expected, await FaultsAsync([.. verb, .. Job, .. Wrong]));
        Assert.False(Directory.Exists(_folder.File("out")));

        using var server = new ServerProcess("--workers", "0") { Inputs = Fixture.PathOf("neox-tiny") };
        await server.StartAsync();
        string[] there = ["--server", server.Address, "--model", "model", "--tokens", "inputs.safetensors", .. Wrong];
        Assert.Equal(Expected, await FaultsAsync(["submit", .. there]));
        Assert.Equal(Expected, await FaultsAsync(["submit", "--dry-run", .. there]));
    }

    /// <summary>What the parser finds hides nothing of what it cannot find.</summary>
    [Fact]
    public async Task Job_AnOptionIsRefusedByTheParser_TheOthersAreLookedAtAllTheSame()
    {
        string[] nowhere = ["--model", _folder.File("nowhere"), "--tokens", _folder.File("nothing.npy")];
        string[] wrong = ["--rows: 0", "--quantile: 1.5", "--examples: -1"];
        AssertNames(
            await FaultsAsync(["run", .. Output, .. nowhere, "--batch-size", "0", .. Wrong]),
            ["--batch-size: 0", "nowhere", "nothing.npy", .. wrong]);
        AssertNames(
            await FaultsAsync(["submit", .. Store, .. Job, "--priority", "101", "--seed", "x", .. Wrong]),
            ["--priority: 101", "'x'", .. wrong]);
        AssertNames(await FaultsAsync(["run", .. Output, .. Job, "--device", "nowhere", "--rows", "0"]), "'nowhere'", "--rows: 0");
        AssertNames(await FaultsAsync(["run", .. Job, "--rows", "many", "--shard-rows", "0"]), "--out", "many", "--shard-rows: 0");
    }

    /// <summary>A rule between options hides nothing of the options themselves.</summary>
    [Fact]
    public async Task Options_ContradictEachOtherAndAreOutOfRange_AllIsListed()
    {
        AssertNames(
            await FaultsAsync(["work", .. Store, "--job", "x", "--wait", "--lease", "0", "--threads", "0"]),
            "leave one of them out", "--lease: 0", "--threads: 0");
        AssertNames(await FaultsAsync(["priority", "--priority", "101", "--job", "x"]), "One of --server", "--priority: 101");
        var (code, _, error) = await HeadScopeProcess.RunServerAsync(
            "--store", _folder.File("store"), "--role", "gateway", "--lease", "0", "--batch-size", "5000");
        Assert.Equal(2, code);
        var said = error.Split('\n', StringSplitOptions.RemoveEmptyEntries)[..^1]; // the last line says where there is help
        AssertNames(said, "--role is for a cluster", "--lease: 0", "--batch-size: 5000");
    }

    [Fact]
    public async Task Device_IsNotOfThisMachine_TheServerEndsLikeTheCommandLine()
    {
        var (code, _, error) = await HeadScopeProcess.RunServerAsync("--store", _folder.File("store"), "--device", "nowhere");
        Assert.Equal(2, code);
        Assert.Contains("'nowhere'", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task DryRun_NothingIsWrong_SaysWhatTheJobWouldBeAndLeavesNothing()
    {
        var planned = await SaysAsync(["run", "--dry-run", .. Output, .. Job, "--shard-rows", "3"]);
        Assert.Equal("planned", (string)planned["state"]!);
        Assert.Equal(0, (int)planned["shards_committed"]!);
        Assert.False(Directory.Exists(_folder.File("out")));
        var asked = await SaysAsync(["submit", "--dry-run", .. Store, .. Job, "--shard-rows", "3"]);
        Assert.Equal(planned.ToJsonString(), asked.ToJsonString());
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.File("store")));
        var submitted = await SaysAsync(["submit", .. Store, .. Job, "--shard-rows", "3"]);
        Assert.Equal((string)planned["id"]!, (string)submitted["id"]!);
        Assert.Equal((int)planned["shards"]!, (int)submitted["shards"]!);
    }

    static async Task<JsonNode> SaysAsync(string[] arguments)
    {
        var (code, output, error) = await HeadScopeProcess.RunAsync([.. arguments, "--json"]);
        Assert.True(code == 0, error);
        return JsonNode.Parse(output)!;
    }

    /// <summary>What a command line that ends with 2 lists, in order.</summary>
    static async Task<string[]> FaultsAsync(string[] arguments)
    {
        var (code, output, error) = await HeadScopeProcess.RunAsync([.. arguments, "--json"]);
        Assert.True(code == 2, $"{string.Join(' ', arguments)} ended with {code}: {error}");
        var answer = JsonNode.Parse(output)!;
        Assert.Equal(2, (int)answer["exit_code"]!);
        var faults = answer["faults"]!.AsArray().Select(fault => (string)fault!).Order(StringComparer.Ordinal).ToArray();
        Assert.All(faults, fault => Assert.Contains(fault, error, StringComparison.Ordinal));
        return faults;
    }

    static void AssertNames(string[] faults, params string[] parts)
    {
        Assert.True(faults.Length == parts.Length, $"{parts.Length} faults were expected: {string.Join('\n', faults)}");
        Assert.All(parts, part => Assert.Single(faults, fault => fault.Contains(part, StringComparison.Ordinal)));
    }
}
