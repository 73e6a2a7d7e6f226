using HeadScope.Client.Tests.Server;

namespace HeadScope.Client.Tests.Engines;

/// <summary>A server that works by itself, and asks for keys.</summary>
public sealed class OneSiloEngineTests : EngineTests
{
    ServerProcess _server = null!;

    protected override string[] Place => ["--server", _server.Address];

    protected override string NameOf(string input) => input;

    protected override Task OpenAsync()
    {
        _server = new ServerProcess("--lease", "2", "--threads", "2") { Store = Store, Inputs = Inputs };
        Secrets["HEADSCOPE_API_KEY"] = _server.AddKey("tester", "admin");
        return _server.StartAsync("--workers", "0");
    }

    protected override Task WorkAsync()
    {
        _server.Kill();
        return _server.StartAsync("--workers", "2");
    }

    private protected override async Task KillAsync(string id, HeadScopeProcess watch)
    {
        _server.Kill();
        await watch.SaysAsync("was lost; connecting again.");
        await _server.StartAsync("--workers", "2");
        await watch.SaysAsync("Connected again.");
    }

    protected override Task StopAsync()
    {
        Assert.DoesNotContain(Secrets.Values.Single(), _server.Log, StringComparison.Ordinal);
        return _server.StopAsync();
    }

    public override Task DisposeAsync()
    {
        _server.Dispose();
        return base.DisposeAsync();
    }
}
