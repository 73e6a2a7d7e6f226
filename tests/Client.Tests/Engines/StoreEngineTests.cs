namespace HeadScope.Client.Tests.Engines;

/// <summary>No server: two processes of 'headscope work --wait' share a folder.</summary>
public sealed class StoreEngineTests : EngineTests
{
    readonly List<HeadScopeProcess> _workers = [];

    protected override string[] Place => ["--store", Store];

    protected override string NameOf(string input) => Path.Combine(Inputs, input);

    protected override Task OpenAsync() => Task.CompletedTask;

    protected override Task WorkAsync()
    {
        _workers.AddRange([Start(), Start()]);
        return Task.WhenAll(_workers.Select(worker => worker.SaysAsync("waiting for more")));
    }

    private protected override Task KillAsync(string id, HeadScopeProcess watch)
    {
        _workers[0].Kill();
        _workers[0].Dispose();
        _workers[0] = Start();
        return Task.CompletedTask;
    }

    protected override async Task StopAsync()
    {
        foreach (var worker in _workers)
        {
            worker.Terminate();
            var (code, _, error) = await worker.EndAsync();
            Assert.True(code == 0, error);
            Assert.EndsWith("no shard was in work any more.", error, StringComparison.Ordinal);
        }
    }

    public override Task DisposeAsync()
    {
        _workers.ForEach(worker => worker.Dispose());
        return base.DisposeAsync();
    }

    HeadScopeProcess Start() => HeadScopeProcess.Start(["work", "--wait", .. Place, "--workers", "1", "--threads", "1", "--lease", "2"]);
}
