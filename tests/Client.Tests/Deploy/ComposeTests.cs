using System.Globalization;
using HeadScope.Tests.Support;
using Npgsql;
using YamlDotNet.RepresentationModel;

namespace HeadScope.Client.Tests.Deploy;

/// <summary>The services of compose.yaml.</summary>
public sealed class ComposeTests : IDisposable
{
    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    static YamlMappingNode Services => (YamlMappingNode)DeployFiles.Yaml(DeployFiles.PathOf("compose.yaml")).Single().At("services");

    [SkippableFact]
    public async Task Silos_AreOneClusterAndAnswerTheirHealthChecks()
    {
        var silo = Services.At("silo");
        Assert.Contains("exec headscope-silo --silo-address=", silo.At("entrypoint").Texts()[2], StringComparison.Ordinal);
        Assert.Contains("GET /health/ready", silo.At("healthcheck", "test").Texts()[1], StringComparison.Ordinal);
        using var postgres = PostgresServer.Start();
        Assert.Equal(0, (await HeadScopeProcess.RunServerAsync(postgres.Environment, Services.At("schema", "command").Texts())).Code);
        var key = await DeployedProcess.PrepareAsync(_folder);

        var replicas = int.Parse(((YamlScalarNode)silo.At("deploy", "replicas")).Value!, CultureInfo.InvariantCulture);
        Assert.Equal(3, replicas);
        var silos = Enumerable.Range(0, replicas).Select(_ => DeployedProcess.StartSilo(
            _folder, postgres.Environment, silo.At("command").Texts(), $"--silo-port={Ports.Free()}", $"--gateway-port={Ports.Free()}",
            "--workers=1", "--threads=1")).ToList();
        try
        {
            foreach (var started in silos)
            {
                await started.AnswersAsync(["/health/ready"]);
                Assert.False(await started.AnswersAsync("/metrics"));
                Assert.True(await started.AnswersAsync("/metrics", key));
            }

            await using var source = NpgsqlDataSource.Create(postgres.ConnectionString);
            await using var active = source.CreateCommand(
                $"SELECT count(*) FROM OrleansMembershipTable WHERE Status = {(int)SiloStatus.Active}");
            Assert.Equal((long)replicas, await active.ExecuteScalarAsync());
            foreach (var started in silos)
                await started.StopAsync();
        }
        finally
        {
            silos.ForEach(started => started.Dispose());
        }
    }

    [Fact]
    public void Services_NameOneAnotherAndFilesThatAreThere()
    {
        foreach (var service in Services.Children.Values.Cast<YamlMappingNode>())
        {
            if (service.Children.TryGetValue("depends_on", out var needed))
                Assert.All(
                    needed is YamlMappingNode conditions ? [.. conditions.Children.Keys] : ((YamlSequenceNode)needed).Children,
                    other => Assert.Contains(other, Services.Children.Keys));
            if (service.Children.TryGetValue("volumes", out var volumes))
            {
                foreach (var source in volumes.Texts().Select(volume => volume.Split(':')[0]).Where(
                    source => source is ['.', '/', ..] and not "./authority"))
                    Assert.True(Path.Exists(DeployFiles.PathOf(source)), source);
            }
        }

        var scraped = DeployFiles.Yaml(DeployFiles.PathOf("prometheus", "prometheus.yml")).Single()
            .At("scrape_configs", "0", "dns_sd_configs", "0");
        Assert.Equal(["silo"], scraped.At("names").Texts());
        Assert.EndsWith($":{scraped.At("port")}", Services.At("silo", "ports").Texts().Single(), StringComparison.Ordinal);
        Assert.Contains(
            $"{((YamlScalarNode)DeployFiles.Yaml(DeployFiles.PathOf("grafana", "provisioning", "dashboards", "headscope.yaml")).Single().At("providers", "0", "options", "path")).Value}/",
            string.Concat(Services.At("grafana", "volumes").Texts()), StringComparison.Ordinal);
    }

    /// <summary>Keys travel as they are, and Prometheus asks for none.</summary>
    [Fact]
    public void Ports_AreThisMachinesAndMetricsBehindAKey()
    {
        var published = Services.Children.Values.Cast<YamlMappingNode>().Where(service => service.Children.ContainsKey("ports"))
            .SelectMany(service => service.At("ports").Texts()).ToList();
        Assert.Equal(2, published.Count);
        Assert.All(published, port => Assert.StartsWith("127.0.0.1:", port, StringComparison.Ordinal));
        Assert.False(((YamlMappingNode)Services.At("prometheus")).Children.ContainsKey("ports"));
        Assert.Contains(Services.At("silo", "command").Texts(), argument => argument.StartsWith("--keys=", StringComparison.Ordinal));
        var scrape = DeployFiles.Yaml(DeployFiles.PathOf("prometheus", "prometheus.yml")).Single().At("scrape_configs", "0");
        Assert.Equal(
            ((YamlScalarNode)scrape.At("authorization", "credentials_file")).Value,
            $"/run/secrets/{Services.At("prometheus", "secrets").Texts().Single()}");
    }

    [Fact]
    public void Passwords_ComeFromTheEnvironment()
    {
        var passwords = File.ReadLines(DeployFiles.PathOf("compose.yaml"))
            .Where(line => line.Contains("password", StringComparison.OrdinalIgnoreCase) && !line.StartsWith('#')).ToList();
        Assert.NotEmpty(passwords);
        Assert.All(passwords, line => Assert.Matches(@"(?i)password\s*[:=]\s*\$\{\w+:\?", line));
    }
}
