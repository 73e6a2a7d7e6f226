using System.Text.Json.Nodes;
using HeadScope.Tests.Support;

namespace HeadScope.Client.Tests;

/// <summary>
/// Jobs that go wrong cost themselves, and neither the process that works on them nor other jobs; nor does it after a restart.
/// </summary>
public sealed class FaultyJobTests : IDisposable
{
    const string Positions = "1,512 of 1,512 positions (1,512 NaN, 0 infinite), in 24 rows, the first of them 0, 1, 2, 3, 4, 5, 6, 7, 8, 9.";

    readonly TemporaryFolder _folder = new();
    readonly string _address = $"http://127.0.0.1:{Ports.Free()}";

    string[] Store => ["--store", _folder.File("store")];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("server")]
    [InlineData("work --wait")]
    public async Task Engine_LossIsNaNAndAReductionFails_GoesOnWithOthersAndAfterARestart(string engine)
    {
        var overflowing = await SubmitAsync(Overflowing());
        var sound = await SubmitAsync(Fixture.PathOf("neox-tiny", "model"));
        using (var process = Start(engine))
        {
            foreach (var id in new[] { overflowing, sound })
                await SaysAsync(0, ["watch", "--job", id, .. Store]);
            if (engine == "server")
                await AssertServerSaysSoAsync(overflowing);
            await StopAsync(process);
        }

        var status = await HeadScopeProcess.RunAsync(["status", "--job", overflowing, .. Store, "--json"]);
        var summary = JsonNode.Parse(status.Output)!["summary"]!;
        Assert.Equal(1512, (int)summary["non_finite_loss"]!["nan"]!);
        Assert.Equal("NaN", (string)summary["mean_loss"]!);
        Assert.Contains(Positions, status.Error, StringComparison.Ordinal);
        Assert.Contains(
            Positions, (await HeadScopeProcess.RunAsync(["pull", "--job", overflowing, .. Store, "--out", _folder.File("pulled")])).Error,
            StringComparison.Ordinal);

        // As if whoever reduced it had dropped the scores too early: it has to be reduced, and cannot be.
        File.Delete(_folder.File($"store/jobs/{sound}/results/manifest.json"));
        using (var process = Start(engine))
        {
            Assert.Contains("the scores of shard ", await SaysAsync(3, ["watch", "--job", sound, .. Store]), StringComparison.Ordinal);
            var other = await SubmitAsync(Fixture.PathOf("neox-tiny", "model"), "--rows", "12");
            await SaysAsync(0, ["watch", "--job", other, .. Store]);
            await StopAsync(process);
            Assert.Contains($"{sound}: The reduction failed", process.Said, StringComparison.Ordinal);
        }

        using (var process = Start(engine))
        {
            await SaysAsync(0, ["watch", "--job", await SubmitAsync(Fixture.PathOf("neox-tiny", "model"), "--rows", "8"), .. Store]);
            await SaysAsync(3, ["status", "--job", sound, .. Store]);
            await StopAsync(process);
        }
    }

    [Fact]
    public async Task Run_LossIsNaN_IsDoneAndWarns()
    {
        var (code, output, error) = await HeadScopeProcess.RunAsync(["run", .. Request(Overflowing()), "--out", _folder.File("out")]);
        Assert.True(code == 0, error);
        Assert.Contains($"Warning: The loss is not finite at {Positions}", error, StringComparison.Ordinal);
        Assert.Contains("mean loss NaN", output, StringComparison.Ordinal);
        Assert.Contains(Positions, File.ReadAllText(_folder.File("out/report.html")), StringComparison.Ordinal);

        // Said again when there is nothing to do.
        (code, output, error) = await HeadScopeProcess.RunAsync(["run", .. Request(Overflowing()), "--out", _folder.File("out"), "--json"]);
        Assert.True(code == 0, error);
        Assert.Contains(Positions, error, StringComparison.Ordinal);
        Assert.Equal(1512, (int)JsonNode.Parse(output)!["summary"]!["non_finite_loss"]!["nan"]!);
    }

    [Fact]
    public async Task Work_OneJobOfSeveralFails_DoesTheOthersAndEndsWith3()
    {
        var broken = await SubmitAsync(Fixture.PathOf("neox-tiny", "model"));
        await SaysAsync(0, ["work", .. Store]);
        File.Delete(_folder.File($"store/jobs/{broken}/results/manifest.json"));
        string[] others = [await SubmitAsync(Fixture.PathOf("neox-tiny", "model"), "--rows", "12"), await SubmitAsync(Overflowing())];
        var (code, _, error) = await HeadScopeProcess.RunAsync(["work", .. Store]);
        Assert.True(code == 3, error);
        Assert.Contains($"job {broken}: The reduction failed", error, StringComparison.Ordinal);
        foreach (var id in others)
            await SaysAsync(0, ["status", "--job", id, .. Store]);
        await SaysAsync(3, ["status", "--job", broken, .. Store]);
    }

    async Task AssertServerSaysSoAsync(string id)
    {
        using var http = new HttpClient();
        var job = JsonNode.Parse(await http.GetStringAsync($"{_address}/v1/jobs/{id}"))!;
        Assert.Equal(1512, (int)job["summary"]!["non_finite_loss"]!["nan"]!);
        Assert.Contains(Positions, (string)job["warnings"]![0]!, StringComparison.Ordinal);
        Assert.Contains(id, await http.GetStringAsync($"{_address}/v1/jobs"), StringComparison.Ordinal);
        Assert.Equal(24, (int)JsonNode.Parse(await http.GetStringAsync($"{_address}/v1/jobs/{id}/preview"))!["rows"]!);
        Assert.Contains("event: job", await http.GetStringAsync($"{_address}/v1/jobs/{id}/events"), StringComparison.Ordinal);
        Assert.True((await http.GetAsync($"{_address}/health/ready")).IsSuccessStatusCode);
    }

    HeadScopeProcess Start(string engine) => engine == "server"
        ? HeadScopeProcess.StartServer(new Dictionary<string, string>(), [.. Store, "--models", Fixture.PathOf("neox-tiny"), "--models", _folder.File("."), "--tokens", Fixture.PathOf("neox-tiny"), "--listen", _address, "--workers", "2", "--threads", "2", "--lease", "2"])
        : HeadScopeProcess.Start(["work", "--wait", .. Store, "--workers", "2", "--threads", "2", "--lease", "2"]);

    static async Task StopAsync(HeadScopeProcess process)
    {
        Assert.False(process.HasEnded, process.Said);
        process.Terminate();
        var (code, output, error) = await process.EndAsync();
        Assert.True(code == 0, $"ended with {code}: {output}{error}");
    }

    string Overflowing()
    {
        var model = _folder.File("overflowing");
        if (!Directory.Exists(model))
            OverflowingModel.Write(model);
        return model;
    }

    static string[] Request(string model) =>
        ["--model", model, "--tokens", Fixture.PathOf("neox-tiny", "inputs.safetensors"), "--skip-heads", "--shard-rows", "5"];

    Task<string> SubmitAsync(string model, params string[] more) => SaysAsync(0, ["submit", .. Store, .. Request(model), .. more]);

    static async Task<string> SaysAsync(int expected, string[] arguments)
    {
        var (code, output, error) = await HeadScopeProcess.RunAsync(arguments);
        Assert.True(code == expected, $"{arguments[0]} ended with {code}: {output}{error}");
        return output;
    }
}
