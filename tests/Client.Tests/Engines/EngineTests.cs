using System.Text.Json.Nodes;
using HeadScope.Jobs;
using HeadScope.Jobs.Records;
using HeadScope.Jobs.Store;
using HeadScope.Tests.Support;

namespace HeadScope.Client.Tests.Engines;

/// <summary>
/// What people do with jobs, by the command line, and what comes of it on every engine: the bytes of one 'headscope run'.
/// </summary>
public abstract class EngineTests : IAsyncLifetime
{
    const int Rows = 200;
    const int FewRows = 20;

    static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(0.02);
    static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    readonly TemporaryFolder _folder = new();

    /// <summary>Where the engine keeps its jobs.</summary>
    protected virtual string Store => _folder.File("store");

    /// <summary>A folder with the model 'model' and the tokens 'many.npy'.</summary>
    protected string Inputs => _folder.File("inputs");

    /// <summary>A file of this test's.</summary>
    protected string File(string name) => _folder.File(name);

    protected virtual Task<IBlobStore> OpenStoreAsync() => Task.FromResult<IBlobStore>(new FileBlobStore(Store));

    /// <summary>Options that say where the jobs are.</summary>
    protected abstract string[] Place { get; }

    /// <summary>How models and tokens are named there.</summary>
    protected abstract string NameOf(string input);

    /// <summary>Variables of the verbs' environment. Nothing may show their values.</summary>
    protected virtual Dictionary<string, string> Secrets { get; } = [];

    /// <summary>Takes jobs, and works on none.</summary>
    protected abstract Task OpenAsync();

    /// <summary>Has workers come.</summary>
    protected abstract Task WorkAsync();

    /// <summary>Kills what works, and who keeps the leases, all or some of it, and starts it again.</summary>
    /// <param name="id">A job that is under way.</param>
    /// <param name="watch">Watches it meanwhile.</param>
    private protected abstract Task KillAsync(string id, HeadScopeProcess watch);

    /// <summary>Tells all to stop, and sees that they do.</summary>
    protected abstract Task StopAsync();

    /// <summary>Looks at a job that is done in ways of the engine's own.</summary>
    protected virtual Task InspectAsync(string id, int rows) => Task.CompletedTask;

    public virtual Task InitializeAsync()
    {
        Fixture.Copy(Path.Combine(Inputs, "model"), "neox-tiny", "model");
        RandomTokens.Write(Path.Combine(Inputs, "many.npy"), Rows);
        return OpenAsync();
    }

    public virtual Task DisposeAsync()
    {
        _folder.Dispose();
        return Task.CompletedTask;
    }

    [SkippableFact]
    public async Task Job_WorkersAreKilledWhileItIsWatched_IsDoneAndPulledWithTheBytesOfARun()
    {
        var id = await SaysAsync(0, ["submit", .. Request(NameOf)]);
        Assert.Matches("^[0-9a-f]{16}$", id);
        Assert.Equal($"{id}  planned         0 of {Rows} shards  model, {Rows} rows of 64", await SaysAsync(0, ["list"]));
        Assert.Contains($"0 of {Rows} shards", await ComplainsAsync(
            1, ["pull", "--job", id, "--out", _folder.File("pulled")]), StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder.File("pulled")));
        using var watch = HeadScopeProcess.Start(Secrets, ["watch", "--job", id, .. Place]);
        await watch.SaysAsync($"Job {id}");
        Assert.Equal("paused", await StateAsync("pause", id)); // until all workers are there: the first could do it all meanwhile
        await WorkAsync();
        await watch.SaysAsync($"Job {id}: ");
        Assert.Contains(await StateAsync("resume", id), new[] { "planned", "running" });
        await UntilAsync(id, done => done > 5);
        await KillAsync(id, watch);
        var (code, output, error) = await watch.EndAsync();
        Assert.True(code == 0, error);
        Assert.Contains("  done  ", output, StringComparison.Ordinal);
        AssertNoSecret(output, error);
        Assert.Equal(id, await SaysAsync(0, ["submit", .. Request(NameOf)]));
        Assert.Contains("done", await SaysAsync(0, ["cancel", "--job", id]), StringComparison.Ordinal);

        string[] pull = ["pull", "--job", id, "--out", _folder.File("pulled")];
        await SaysAsync(0, pull);
        Assert.Contains("done already", await SaysAsync(0, pull), StringComparison.Ordinal);
        await AssertIsThatOfARunAsync(_folder.File("pulled"), Rows);
        await InspectAsync(id, Rows);
        await StopAsync();
    }

    [SkippableFact]
    public async Task Jobs_PausedCancelledPreferred_AreDoneAsAskedWithTheBytesOfARun()
    {
        var low = await SaysAsync(0, ["submit", .. Request(NameOf)]);
        var high = await SaysAsync(0, ["submit", .. Request(NameOf), "--rows", $"{FewRows}"]);
        Assert.Equal(10, (int)JsonNode.Parse(await SaysAsync(0, ["priority", "--job", high, "--priority", "10", "--json"]))!["priority"]!);
        Assert.Equal("cancelled", await StateAsync("cancel", low));
        await SaysAsync(3, ["status", "--job", low]);
        await SaysAsync(3, ["watch", "--job", low]);
        await SaysAsync(3, ["pull", "--job", low, "--out", _folder.File("low")]);
        Assert.Equal(low, await SaysAsync(0, ["submit", .. Request(NameOf)]));
        Assert.Equal("paused", await StateAsync("pause", high));
        Assert.Equal("planned", await StateAsync("resume", high));

        await WorkAsync();
        foreach (var (id, rows) in new[] { (high, FewRows), (low, Rows) })
        {
            Assert.Contains("  done  ", await SaysAsync(0, ["watch", "--job", id]), StringComparison.Ordinal);
            await SaysAsync(0, ["pull", "--job", id, "--out", _folder.File(id)]);
            await AssertIsThatOfARunAsync(_folder.File(id), rows);
        }

        // Whoever comes first may find one job before the other.
        Assert.True((await StartsAsync(high))[^1] < (await StartsAsync(low))[10], "the job of the higher priority was not done first");
    }

    string[] Request(Func<string, string> name) => [.. Scores(name), "--shard-rows", "1"];

    static string[] Scores(Func<string, string> name) => ["--model", name("model"), "--tokens", name("many.npy"), "--skip-heads"];

    async Task AssertIsThatOfARunAsync(string results, int rows)
    {
        var run = _folder.File($"run{rows}");
        var (code, _, error) = await HeadScopeProcess.RunAsync(
            ["run", .. Scores(name => Path.Combine(Inputs, name)), "--rows", $"{rows}", "--out", run]);
        Assert.True(code == 0, error);
        Results.AssertSame(run, results);
    }

    /// <summary>Waits until so many shards are done, but not all.</summary>
    async Task UntilAsync(string id, Predicate<int> enough)
    {
        using var limit = new CancellationTokenSource(Limit);
        var store = await OpenStoreAsync();
        while (true)
        {
            var done = (await JobStore.CommittedShardsAsync(store, new JobFolder(id), limit.Token)).Count;
            Assert.True(done < Rows, "the job was done before workers could be killed: make it larger");
            if (enough(done))
                return;
            await Task.Delay(LookInterval, limit.Token);
        }
    }

    /// <summary>When the work on each shard began, as its statistics say.</summary>
    async Task<DateTimeOffset[]> StartsAsync(string id)
    {
        var starts = new List<DateTimeOffset>();
        await foreach (var (record, _) in new JobStore(await OpenStoreAsync()).CommittedAsync(new JobFolder(id), default))
            starts.Add(record.Work.Started);
        return [.. starts.Order()];
    }

    async Task<string> StateAsync(string verb, string id) =>
        (string)JsonNode.Parse(await SaysAsync(0, [verb, "--job", id, "--json"]))!["state"]!;

    async Task<string> SaysAsync(int expected, string[] arguments) => (await EndsAsync(expected, arguments)).Output;

    async Task<string> ComplainsAsync(int expected, string[] arguments) => (await EndsAsync(expected, arguments)).Error;

    async Task<(string Output, string Error)> EndsAsync(int expected, string[] arguments)
    {
        var (code, output, error) = await HeadScopeProcess.RunAsync(Secrets, [.. arguments, .. Place]);
        Assert.True(code == expected, $"{arguments[0]} ended with {code}: {error}");
        AssertNoSecret(output, error);
        return (output, error);
    }

    void AssertNoSecret(string output, string error) =>
        Assert.All(Secrets.Values, secret => Assert.DoesNotContain(secret, output + error, StringComparison.Ordinal));
}
