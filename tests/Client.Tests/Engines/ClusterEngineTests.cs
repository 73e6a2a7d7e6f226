using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using HeadScope.Client.Tests.Server;
using HeadScope.Grains.Contracts;
using HeadScope.Grains.Hosting;
using HeadScope.Grains.Hosting.Clustering;
using HeadScope.Grains.Hosting.Security;
using HeadScope.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace HeadScope.Client.Tests.Engines;

/// <summary>
/// Three silos, which speak mutual TLS: one that is asked and computes nothing, and two that work. The one that keeps a job's leases is
/// killed, whichever it is.
/// </summary>
public abstract class ClusterEngineTests : EngineTests
{
    readonly List<Member> _silos = [];
    IHost? _client;

    protected override string[] Place => ["--server", _silos[0].Server.Address];

    /// <summary>The cluster's name.</summary>
    protected static string Cluster => "tests";

    /// <summary>Where silos find each other.</summary>
    protected abstract ClusterKind Kind { get; }

    /// <summary>Options that say so.</summary>
    protected abstract string[] Options { get; }

    protected override string NameOf(string input) => input;

    protected override async Task OpenAsync()
    {
        var (code, _, error) = await HeadScopeProcess.RunServerAsync("certificate", "--out", File("certificates"), "--cluster-id", Cluster);
        Assert.True(code == 0, error);
        await StartAsync("--workers", "0");
        _client = Client();
        await _client.StartAsync();
    }

    protected override async Task WorkAsync()
    {
        await StartAsync("--workers", "1");
        await StartAsync("--workers", "1");
    }

    private protected override async Task KillAsync(string id, HeadScopeProcess watch)
    {
        var port = await KeeperOfLeasesAsync(id);
        var keeper = _silos.Single(silo => silo.Port == port);
        await KillAsync(keeper);
        if (keeper == _silos[0])
            await watch.SaysAsync("was lost; connecting again.");
        await KillAsync(_silos.Last(silo => silo != keeper));
    }

    protected override async Task InspectAsync(string id, int rows)
    {
        using var http = new HttpClient();
        foreach (var silo in _silos)
        {
            var preview = await http.GetFromJsonAsync<JsonElement>($"{silo.Server.Address}/v1/jobs/{id}/preview");
            Assert.Equal(rows, preview.GetProperty("rows").GetInt32());
            var metrics = await http.GetStringAsync($"{silo.Server.Address}/metrics");
            Assert.Contains("orleans_catalog_activations", metrics, StringComparison.Ordinal);
        }
    }

    protected override async Task StopAsync()
    {
        foreach (var silo in Enumerable.Reverse(_silos))
        {
            Assert.All(Secrets.Values, secret => Assert.DoesNotContain(secret, silo.Server.Log, StringComparison.Ordinal));
            await silo.Server.StopAsync();
        }
    }

    public override Task DisposeAsync()
    {
        _client?.Dispose();
        _silos.ForEach(silo => silo.Server.Dispose());
        return base.DisposeAsync();
    }

    Task StartAsync(params string[] more)
    {
        var (port, gateway) = (Ports.Free(), Ports.Free());
        var server = new ServerProcess(
        [
            .. Options, "--cluster-id", Cluster, "--silo-certificate", File("certificates/silo.pem"), "--silo-authority",
            File("certificates/authority.pem"),
            "--silo-port", Text(port), "--gateway-port", Text(gateway), "--lease", "4", "--threads", "1", "--table-refresh", "2", .. more,
        ])
        {
            Store = Store,
            Inputs = Inputs,
            Environment = Secrets,
        };
        _silos.Add(new Member(server, port));
        return server.StartAsync();
    }

    static async Task KillAsync(Member silo)
    {
        silo.Server.Kill();
        await silo.Server.StartAsync();
    }

    /// <summary>The silo port of the silo where a job's grain is.</summary>
    async Task<int> KeeperOfLeasesAsync(string id)
    {
        var grains = _client!.Services.GetRequiredService<IGrainFactory>();
        return (await grains.GetGrain<IManagementGrain>(0).GetActivationAddress(grains.GetGrain<IJobGrain>(id)))!.Endpoint.Port;
    }

    /// <summary>A client of the cluster.</summary>
    IHost Client()
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.AddClient(new ClusterSettings
        {
            Kind = Kind,
            ClusterId = Cluster,
            Certificate = ClusterCertificate.Open(
                File("certificates/silo.pem"), File("certificates/authority.pem"), Cluster, TimeProvider.System),
        });
        return builder.Build();
    }

    static string Text(int port) => port.ToString(CultureInfo.InvariantCulture);

    /// <param name="Port">For other silos.</param>
    sealed record Member(ServerProcess Server, int Port);
}
