using System.Text.Json;
using HeadScope.Data.Tokens;
using HeadScope.Grains.Tests;
using HeadScope.Jobs.Work;
using HeadScope.ModelCore.Compute;
using HeadScope.Tests.Support;

namespace HeadScope.ModelCore.Torch.Tests;

public class TorchSiloTests
{
    static readonly string[] Localhost = ["--cluster", "localhost", "--insecure-silo-ports"];

    /// <summary>
    /// A silo of devices that have a thread of their own, beside one of processors, which leaves it the job that only it can do.
    /// </summary>
    [Theory]
    [InlineData(Precision.Float32, "--role", "gateway")]
    [InlineData(Precision.Bfloat16, "--workers", "1")]
    public async Task Job_OnATorchSilo_HasTheBytesOfALocalRun(Precision precision, params string[] otherSilo)
    {
        using var folder = new TemporaryFolder();
        var (store, tokens) = (folder.File("store"), folder.File("tokens"));
        Directory.CreateDirectory(tokens);
        RandomTokens.Write(folder.File("tokens/some.npy"), 40);
        string[] ports = [.. Enumerable.Range(0, 4).Select(_ => Ports.FreeText())];
        await using var torch = await SiloProcess.StartAsync(
            store, tokens,
            [
                .. Localhost, "--backend", "torch", "--device", "cpu", "--libtorch", OnTorch.Folder,
                "--silo-port", ports[0], "--gateway-port", ports[1], "--primary-port", ports[0],
            ]);
        await using var other = await SiloProcess.StartAsync(
            store, tokens, [.. Localhost, .. otherSilo, "--silo-port", ports[2], "--gateway-port", otherSilo[0] == "--role" ? ports[1] : ports[3], "--primary-port", ports[0]]);
        var id = await other.SubmitAsync(new { model = "model", tokens = "some.npy", shard_rows = 6, precision = precision.Name() });
        await other.UntilAsync(id, "done");
        var expected = await LocalRun.RunAsync(
            LocalRun.Tiny with { Tokens = new TokenLocation(folder.File("tokens/some.npy")), InductionTokens = null, Precision = precision, ShardRows = 6 },
            new EngineOptions { Devices = ComputeBackends.Find("torch", "cpu"), Threads = 1 });
        Assert.Equal(id, expected.Job);
        await LocalRun.SameBytesAsync(expected, name => other.Http.GetByteArrayAsync($"/v1/jobs/{id}/results/{name}"));
        var manifest = JsonDocument.Parse(await other.Http.GetByteArrayAsync($"/v1/jobs/{id}/results/manifest.json")).RootElement;
        Assert.Equal("torch cpu", Assert.Single(manifest.GetProperty("compute").GetProperty("devices").EnumerateArray()).GetString());
        Assert.Contains("headscope_device_memory_bytes{", await torch.Http.GetStringAsync("/metrics"), StringComparison.Ordinal);
    }
}
