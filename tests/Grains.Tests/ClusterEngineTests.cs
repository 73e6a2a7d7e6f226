using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using HeadScope.Client.Tests;
using HeadScope.Client.Tests.Engines;

namespace HeadScope.Grains.Tests;

/// <summary>A cluster on this machine: a silo that keeps the leases, one that works, and a gateway, which is asked.</summary>
public sealed class ClusterEngineTests : EngineTests
{
    readonly string _siloPort = FreePort();
    readonly string _gatewayPort = FreePort();
    SiloProcess _keeper = null!;
    SiloProcess _gateway = null!;
    SiloProcess? _worker;

    protected override string[] Place => ["--server", _gateway.Http.BaseAddress!.AbsoluteUri];

    protected override string NameOf(string input) => input;

    protected override async Task OpenAsync()
    {
        _keeper = await SiloProcess.StartAsync(Store, null, Inputs, ["--workers", "0", "--silo-port", _siloPort, "--gateway-port", _gatewayPort, "--primary-port", _siloPort]);
        _gateway = await SiloProcess.StartAsync(Store, null, Inputs, ["--role", "gateway", "--gateway-port", _gatewayPort]);
    }

    protected override async Task WorkAsync() =>
        _worker = await SiloProcess.StartAsync(Store, null, Inputs, ["--workers", "2", "--silo-port", FreePort(), "--gateway-port", FreePort(), "--primary-port", _siloPort]);

    private protected override async Task KillAsync(HeadScopeProcess watch)
    {
        _worker!.Kill();
        await _worker.DisposeAsync();
        await WorkAsync();
    }

    protected override async Task InspectAsync(string id, int rows)
    {
        var preview = await _gateway.Http.GetFromJsonAsync<JsonElement>($"/v1/jobs/{id}/preview");
        Assert.Equal(rows, preview.GetProperty("rows").GetInt32());
        var metrics = await _worker!.Http.GetStringAsync("/metrics");
        Assert.Contains("headscope_tokens_scored_total", metrics, StringComparison.Ordinal);
        Assert.Contains("orleans_catalog_activations", metrics, StringComparison.Ordinal);
    }

    protected override async Task StopAsync()
    {
        Assert.Equal(0, await _worker!.StopAsync());
        Assert.Contains("Drained", _worker.Log, StringComparison.Ordinal);
    }

    public override async Task DisposeAsync()
    {
        foreach (var silo in new[] { _gateway, _worker, _keeper })
        {
            if (silo is not null)
                await silo.DisposeAsync();
        }

        await base.DisposeAsync();
    }

    static string FreePort() => PostgresServer.FreePort().ToString(CultureInfo.InvariantCulture);
}
