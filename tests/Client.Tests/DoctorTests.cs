using System.Text.Json.Nodes;
using HeadScope.Tests.Support;

namespace HeadScope.Client.Tests;

/// <summary>What computes here, and what is said where something does not.</summary>
public class DoctorTests
{
    /// <summary>The tests' programs have no libtorch beside them, and none is named.</summary>
    static readonly Dictionary<string, string> NoLibtorch = new() { ["HEADSCOPE_LIBTORCH"] = "" };

    [Fact]
    public async Task Doctor_ThisMachine_FindsTheManagedBackendNearFloat64()
    {
        var (code, output, _) = await HeadScopeProcess.RunAsync(NoLibtorch, "doctor", "--json");
        Assert.Equal(0, code);
        var report = JsonNode.Parse(output)!;
        Assert.True(report["healthy"]!.GetValue<bool>());
        var managed = Assert.Single(report["backends"]!.AsArray(), backend => backend!["backend"]!.GetValue<string>() == "managed")!;
        Assert.InRange(managed["distance"]!.GetValue<double>(), 0, 1e-5);
        Assert.True(managed["gigaflops_per_second"]!.GetValue<double>() > 0.1);
        var torch = Assert.Single(report["backends"]!.AsArray(), backend => backend!["backend"]!.GetValue<string>() == "torch")!;
        Assert.Contains("libtorch 2.10 was not found", torch["fault"]!.GetValue<string>(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--backend tpu", "expected managed or torch")]
    [InlineData("--device cuda:0", "it has cpu")]
    [InlineData("--precision float16", "float16")]
    public async Task Run_DevicesThatAreNot_SaysWhatThereIs(string options, string message) =>
        Assert.Contains(message, await RefusalAsync(options), StringComparison.Ordinal);

    [Fact]
    public async Task Run_TorchWithoutLibtorch_SaysHowToGetIt()
    {
        var error = await RefusalAsync("--backend torch");
        Assert.All(
            ["-p:Libtorch=cpu", "-p:Libtorch=cuda", "torch/lib", "--libtorch", "HEADSCOPE_LIBTORCH"],
            remedy => Assert.Contains(remedy, error, StringComparison.Ordinal));
    }

    static async Task<string> RefusalAsync(string options)
    {
        using var folder = new TemporaryFolder();
        string[] arguments = ["run", "--model", Fixture.PathOf("neox-tiny", "model"), "--tokens", Fixture.PathOf(
            "neox-tiny", "inputs.safetensors"), "--out", folder.File("out"), .. options.Split()];
        var (code, _, error) = await HeadScopeProcess.RunAsync(NoLibtorch, arguments);
        Assert.Equal(2, code);
        Assert.False(Directory.Exists(folder.File("out")));
        return error;
    }
}
