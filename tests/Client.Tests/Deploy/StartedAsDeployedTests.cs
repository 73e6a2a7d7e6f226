using System.Diagnostics;
using System.Globalization;
using HeadScope.Client.Tests.Server;
using HeadScope.Tests.Support;
using YamlDotNet.RepresentationModel;

namespace HeadScope.Client.Tests.Deploy;

/// <summary>Each process is started with the arguments that a manifest gives it, and answers where the manifest says it does.</summary>
public sealed class StartedAsDeployedTests : IDisposable
{
    static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("silo-cpu.yaml", "managed")]
    [InlineData("silo-gpu.yaml", "torch")]
    public async Task KubernetesSilo_AnswersItsProbes(string file, string backend)
    {
        var pod = DeployFiles.Manifests().Single(manifest => manifest.File == file).Object.At("spec", "template", "spec");
        var container = pod.At("containers", "0");
        Assert.Equal("8470", ((YamlScalarNode)container.At("ports", "0", "containerPort")).Value);
        var probes = new[] { "startupProbe", "livenessProbe", "readinessProbe" }.Select(probe => ((YamlScalarNode)container.At(probe, "httpGet", "path")).Value!);
        var arguments = container.At("args").Texts();
        Assert.Equal(backend == "torch", arguments.Contains("--backend=torch"));
        await AnswersAsync("serve", arguments, [.. probes, "/metrics"]);

        // The pod is given longer to stop than the silo takes at most.
        var drain = int.Parse(arguments.Single(argument => argument.StartsWith("--drain=", StringComparison.Ordinal))["--drain=".Length..], CultureInfo.InvariantCulture);
        Assert.InRange(int.Parse(((YamlScalarNode)pod.At("terminationGracePeriodSeconds")).Value!, CultureInfo.InvariantCulture), drain + 15, drain + 120);
    }

    [Fact]
    public async Task ComposeSilo_AnswersItsHealthCheck()
    {
        var service = DeployFiles.Yaml(DeployFiles.PathOf("compose.yaml")).Single().At("services", "silo");
        Assert.Contains("GET /health/ready", service.At("healthcheck", "test").Texts()[1], StringComparison.Ordinal);
        await AnswersAsync("serve", service.At("command").Texts(), ["/health/ready", "/metrics"]);
    }

    [Fact]
    public async Task ComposeWorker_WaitsAndShowsItsMetricsWherePrometheusLooks()
    {
        var service = DeployFiles.Yaml(DeployFiles.PathOf("compose.yaml")).Single().At("services", "worker");
        var command = service.At("command").Texts();
        Assert.Equal(["headscope"], service.At("entrypoint").Texts());
        var port = ((YamlScalarNode)DeployFiles.Yaml(DeployFiles.PathOf("prometheus", "prometheus.yml")).Single().At("scrape_configs", "1", "dns_sd_configs", "0", "port")).Value!;
        Assert.Contains(port, command);
        await AnswersAsync(command[0], command[1..], ["/metrics"]);
    }

    async Task AnswersAsync(string verb, string[] arguments, string[] paths)
    {
        var port = Ports.Free().ToString(CultureInfo.InvariantCulture);
        foreach (var folder in new[] { "data/models", "data/tokens", "keys" })
            Directory.CreateDirectory(_folder.File(folder));
        using (var keys = new ServerProcess())
        {
            keys.AddKey("prober", "reader");
            File.Copy(keys.KeyFile, _folder.File("keys/keys.json"));
        }

        using var process = HeadScopeProcess.Start([verb, .. arguments.Select(argument => argument
            .Replace("--backend=torch", "--backend=managed", StringComparison.Ordinal) // the tests' programs have no libtorch, and the probes are the same
            .Replace("$(HEADSCOPE_STORE)", _folder.File("data/store"), StringComparison.Ordinal)
            .Replace("/data/", _folder.File("data/"), StringComparison.Ordinal).Replace("/keys/", _folder.File("keys/"), StringComparison.Ordinal)
            .Replace("8470", port, StringComparison.Ordinal).Replace("9470", port, StringComparison.Ordinal))]);
        using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
        var waited = Stopwatch.StartNew();
        foreach (var path in paths)
        {
            while (!await AnswersAsync(http, path))
                Assert.True(waited.Elapsed < Limit, $"{path} is not answered");
        }

        process.Terminate();
        var (code, _, error) = await process.EndAsync();
        Assert.True(code == 0, error);
    }

    static async Task<bool> AnswersAsync(HttpClient http, string path)
    {
        try
        {
            using var response = await http.GetAsync(path);
            return response.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            await Task.Delay(50); // it does not listen yet
            return false;
        }
    }
}
