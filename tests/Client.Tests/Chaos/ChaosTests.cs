using System.Globalization;
using HeadScope.Jobs;
using HeadScope.Jobs.Records;
using HeadScope.Jobs.Store;
using HeadScope.Jobs.Store.AzureStorage;
using HeadScope.Tests.Support;
using Xunit.Abstractions;

namespace HeadScope.Client.Tests.Chaos;

/// <summary>
/// Two workers and a server share a job of 200 shards while they, and the service that keeps it, are killed and held up at random.
/// HEADSCOPE_CHAOS_RUNS and HEADSCOPE_CHAOS_SEED run more, and others.
/// </summary>
public sealed class ChaosTests(ITestOutputHelper output) : IAsyncLifetime
{
    const int Shards = 200; // of a row each
    const double Unreliable = 0.01; // of the requests; each costs its caller a second or so

    static readonly int Runs = Setting("HEADSCOPE_CHAOS_RUNS", 1);
    static readonly int FirstSeed = Setting("HEADSCOPE_CHAOS_SEED", 1);
    static readonly Fault[] Faults = [Fault.LoseRequest, Fault.LoseResponse, Fault.CutResponse, Fault.ServerError, Fault.Busy, Fault.Delay];

    readonly TemporaryFolder _folder = new();

    string[] Job => ["--model", Fixture.PathOf("neox-tiny", "model"), "--tokens", _folder.File("many.npy"), "--skip-heads"];

    public async Task InitializeAsync()
    {
        RandomTokens.Write(_folder.File("many.npy"), Shards);
        await SaysAsync([], ["run", .. Job, "--out", _folder.File("run")]);
    }

    public Task DisposeAsync()
    {
        _folder.Dispose();
        return Task.CompletedTask;
    }

    [Fact]
    public async Task Folder_ProcessesAreKilledAndStopped_JobIsDoneOnceAndWhole()
    {
        for (var seed = FirstSeed; seed < FirstSeed + Runs; seed++)
        {
            var store = _folder.File($"store{seed}");
            var jobs = new JobStore(new FileBlobStore(store));
            Directory.CreateDirectory(Path.Combine(store, "jobs"));
            using var watcher = new FileSystemWatcher(Path.Combine(store, "jobs")) { IncludeSubdirectories = true, InternalBufferSize = 1 << 16 };
            var takeovers = 0;
            watcher.Created += (_, file) => takeovers += IsTakeover(file.FullPath) ? 1 : 0;
            watcher.EnableRaisingEvents = true;
            await RunAsync(seed, jobs, store, [], null);
            output.WriteLine($"    {takeovers} takeovers");
        }
    }

    [SkippableFact]
    public async Task Azure_ProcessesNetworkAndServiceFail_JobIsDoneOnceAndWhole()
    {
        for (var seed = FirstSeed; seed < FirstSeed + Runs; seed++)
        {
            using var azurite = await Azurite.StartAsync();
            await using var proxy = await FaultyProxy.StartAsync(azurite.Address);
            var random = new Random(seed);
            var (lost, takeovers) = (0, new HashSet<string>());
            proxy.Plan = request =>
            {
                lock (random)
                {
                    if (request.Method == "PUT" && IsTakeover(request.Target.Split('?')[0]))
                        takeovers.Add(request.Target);
                    var fault = random.NextDouble() < Unreliable ? Faults[random.Next(Faults.Length)] : Fault.None;
                    lost += fault is Fault.LoseResponse or Fault.CutResponse ? 1 : 0;
                    return fault;
                }
            };
            const string Store = "azure://jobs";
            var location = AzureLocation.Parse(Store, name => name == AzureLocation.ConnectionStringVariable ? azurite.ConnectionString() : null);
            var jobs = new JobStore(await AzureBlobStore.OpenAsync(location, create: true));
            var said = await RunAsync(seed, jobs, Store, Connection(azurite.ConnectionString(proxy.Address)), azurite);
            Assert.DoesNotContain(azurite.Key, said, StringComparison.Ordinal);
            var losses = ParquetReaders.Query($"select count(*), count(distinct (row, pos)) from read_parquet('{_folder.File($"pulled{seed}/token_loss.parquet")}')")[0];
            Assert.Equal($"{Shards * 63} {Shards * 63}", string.Join(' ', losses)); // of 64 tokens 63 are predicted
            output.WriteLine($"    {takeovers.Count} takeovers; {proxy.Requests} requests, {proxy.Broken} broken, of which {lost} had been carried out");
        }

        static Dictionary<string, string> Connection(string text) => new() { [AzureLocation.ConnectionStringVariable] = text };
    }

    [SkippableTheory]
    [InlineData("000000")]
    [InlineData("reduce")]
    public async Task Folder_HolderIsHeldUpBeyondItsLease_ItsLateWorkDoesNoHarm(string unit)
    {
        Skip.If(OperatingSystem.IsWindows(), "sends signals");
        var store = _folder.File("store");
        var jobs = new JobStore(new FileBlobStore(store));
        var folder = new JobFolder(await SaysAsync([], ["submit", "--store", store, .. Job, "--shard-rows", "1"]));
        string[] work = ["work", "--store", store, "--workers", "1", "--threads", "1", "--lease", "1"];
        using var late = HeadScopeProcess.Start(work);
        var claim = $"{folder.Claims}{unit}.1";
        while (!await jobs.Blobs.ExistsAsync(claim))
            Assert.False(late.HasEnded, $"no claim to {unit} was seen: {late.Said}");
        late.Stop();
        Assert.True(await jobs.Blobs.ExistsAsync(claim), $"{unit} was done before its holder could be held up");

        await SaysAsync([], work);
        var manifest = await jobs.Blobs.TryReadAsync(folder.Manifest);
        Assert.NotNull(manifest);
        late.Continue();
        var (code, _, error) = await late.EndAsync();
        Assert.True(code == 0, error);
        Assert.Equal(manifest, await jobs.Blobs.TryReadAsync(folder.Manifest));
        await CheckAsync(jobs, folder);
        await SaysAsync([], ["pull", "--store", store, "--job", folder.Id, "--out", _folder.File("pulled")]);
        Results.AssertSame(_folder.File("run"), _folder.File("pulled"));
    }

    /// <returns>What all processes said.</returns>
    async Task<string> RunAsync(int seed, JobStore jobs, string store, Dictionary<string, string> environment, Azurite? service)
    {
        var folder = new JobFolder(await SaysAsync(environment, ["submit", "--store", store, .. Job, "--shard-rows", "1"]));
        var address = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{Ports.Free()}");
        string[] common = ["--store", store, "--workers", "2", "--threads", "1", "--lease", "1"];
        using var swarm = new Swarm(
            () => HeadScopeProcess.Start(environment, ["work", "--wait", .. common]),
            () => HeadScopeProcess.Start(environment, ["work", "--wait", .. common]),
            () => HeadScopeProcess.StartServer(environment, [.. common, "--models", Fixture.PathOf("neox-tiny"), "--tokens", _folder.File("."), "--listen", address]));
        var schedule = new Schedule(seed, swarm, service);
        try
        {
            await schedule.RunAsync(async () =>
            {
                if (await jobs.Blobs.TryReadAsync(folder.Failed) is { } failed)
                    Assert.Fail(System.Text.Encoding.UTF8.GetString(failed));
                return await jobs.Blobs.ExistsAsync(folder.Manifest) ? null : (await JobStore.CommittedShardsAsync(jobs.Blobs, folder, default)).Count;
            });
            await swarm.EndAsync();
            await SaysAsync(environment, ["work", "--store", store]); // cleans up where the last blow fell between the results and that
            await CheckAsync(jobs, folder);
            await SaysAsync(environment, ["pull", "--store", store, "--job", folder.Id, "--out", _folder.File($"pulled{seed}")]);
            Results.AssertSame(_folder.File("run"), _folder.File($"pulled{seed}"));
            Assert.True(schedule.Kills + schedule.Stops > 2, "the job was done before much could happen: make it larger");
            output.WriteLine(schedule.Log);
            output.WriteLine($"    {schedule.Kills} kills, {schedule.Stops} stops, {schedule.ServiceKills} kills of the service");
            return swarm.Said;
        }
        catch (Exception)
        {
            output.WriteLine($"{schedule.Log}\n{swarm.Said}");
            throw;
        }
    }

    /// <summary>Each row was committed once, with all its positions, and nothing is left of the work.</summary>
    static async Task CheckAsync(JobStore jobs, JobFolder folder)
    {
        var rows = new List<int>();
        await foreach (var (record, statistics) in jobs.CommittedAsync(folder, default))
        {
            rows.AddRange(Enumerable.Range(record.FirstRow, record.Rows));
            Assert.Null(statistics.Imbalance(record.Positions));
        }

        Assert.Equal(Enumerable.Range(0, Shards), rows);
        var left = new List<string>();
        await foreach (var blob in jobs.Blobs.ListAsync(folder.Prefix))
            left.Add(blob.Name);
        Assert.All(left.Where(name => name.StartsWith(folder.Shards, StringComparison.Ordinal)), name => Assert.EndsWith(".stats", name, StringComparison.Ordinal));
        Assert.DoesNotContain(left, name => name.StartsWith(folder.Claims, StringComparison.Ordinal) || name.StartsWith(folder.Failures, StringComparison.Ordinal));
    }

    /// <summary>Whether a file or request is a claim to what another had.</summary>
    static bool IsTakeover(string path) =>
        path.Contains("/claims/", StringComparison.Ordinal) && int.TryParse(path.AsSpan(path.LastIndexOf('.') + 1), CultureInfo.InvariantCulture, out var generation) && generation > 1;

    static async Task<string> SaysAsync(Dictionary<string, string> environment, string[] arguments)
    {
        var (code, said, error) = await HeadScopeProcess.RunAsync(environment, arguments);
        Assert.True(code == 0, $"{arguments[0]} ended with {code}: {error}");
        return said;
    }

    static int Setting(string name, int otherwise) => int.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out var value) ? value : otherwise;
}
