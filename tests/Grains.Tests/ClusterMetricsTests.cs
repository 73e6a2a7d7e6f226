using HeadScope.Tests.Support;

namespace HeadScope.Grains.Tests;

/// <summary>What the processes of a cluster show to Prometheus.</summary>
public class ClusterMetricsTests
{
    [SkippableFact]
    public async Task Scrape_OfEachProcessAfterAJob_HasOrleansInItAndNothingForPromtoolToSay()
    {
        using var folder = new TemporaryFolder();
        string[] ports = [.. Enumerable.Range(0, 4).Select(_ => Ports.FreeText())];
        string[][] roles =
        [
            ["--workers", "0", "--silo-port", ports[0], "--gateway-port", ports[1], "--primary-port", ports[0]],
            ["--workers", "1", "--silo-port", ports[2], "--gateway-port", ports[3], "--primary-port", ports[0]],
            ["--role", "gateway", "--gateway-port", ports[1]],
        ];
        var processes = new List<SiloProcess>();
        try
        {
            foreach (var role in roles)
                processes.Add(await SiloProcess.StartAsync(folder.File("store"), Fixture.PathOf("neox-tiny"), ["--cluster", "localhost", "--insecure-silo-ports", .. role]));
            var id = await processes[^1].SubmitAsync(new { model = "model", tokens = "inputs.safetensors", shard_rows = 4, skip_heads = true });
            await processes[^1].UntilAsync(id, "done");
            foreach (var process in processes)
            {
                var metrics = await process.Http.GetStringAsync("/metrics");
                var samples = PrometheusSamples.Parse(metrics);
                Assert.Contains(samples.Types.Keys, name => name.StartsWith("orleans_", StringComparison.Ordinal));
                Assert.DoesNotContain(samples.All, sample => sample.Labels.Values.Any(value => value.Contains(id, StringComparison.Ordinal)));
                Assert.Equal("", await PrometheusServer.LintAsync(metrics));
            }
        }
        finally
        {
            foreach (var process in processes)
                await process.DisposeAsync();
        }
    }
}
