using System.Text;
using HeadScope.Client.Tests.Chaos.Sites;
using HeadScope.Jobs;
using HeadScope.Jobs.Records;
using HeadScope.Jobs.Store;
using HeadScope.Tests.Support;
using Xunit.Abstractions;

namespace HeadScope.Client.Tests.Chaos;

/// <summary>
/// Processes share a job of 200 shards while they, and the services and networks that they stand on, are killed, held up, cut off and
/// replaced at random. <see cref="ChaosSetting"/> says how to run more: HEADSCOPE_CHAOS_RUNS=50 runs 50 of each engine.
/// </summary>
public sealed class ChaosTests(ITestOutputHelper output) : IAsyncLifetime
{
    const int Shards = 200; // of a row each
    const int Faults = 20;
    const int Positions = 63; // of 64 tokens these are predicted

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

    [SkippableFact]
    public Task Folder_WorkersFail_JobIsDoneOnceAndWhole() => RunAsync(ChaosSetting.Runs, _ => Task.FromResult<Site>(new WorkersSite()));

    [SkippableFact]
    public Task Azure_WorkersNetworkAndServiceFail_JobIsDoneOnceAndWhole() =>
        RunAsync(ChaosSetting.Runs ?? 1, async seed => await AzureWorkersSite.CreateAsync(seed));

    [SkippableFact]
    public Task Postgres_SilosHostsAndDatabaseFail_JobIsDoneOnceAndWhole() =>
        RunAsync(ChaosSetting.Runs ?? 1, async seed => await PostgresClusterSite.CreateAsync(seed));

    [SkippableFact]
    public Task AzureTables_SilosHostsAndServicesFail_JobIsDoneOnceAndWhole() =>
        RunAsync(ChaosSetting.Runs, async seed => await AzureClusterSite.CreateAsync(seed));

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

    /// <param name="runs">Null where it is one of those that only run when asked.</param>
    async Task RunAsync(int? runs, Func<int, Task<Site>> create)
    {
        Skip.If(runs is null, "HEADSCOPE_CHAOS_RUNS is not set.");
        for (var seed = ChaosSetting.FirstSeed; seed < ChaosSetting.FirstSeed + runs; seed++)
        {
            await using var site = await create(seed);
            await RunAsync(seed, site);
        }
    }

    async Task RunAsync(int seed, Site site)
    {
        var jobs = await site.OpenJobsAsync();
        var folder = new JobFolder(await SaysAsync(site.Environment, ["submit", "--store", site.Store, .. Job, "--shard-rows", "1"]));
        var pulled = _folder.File($"pulled{seed}");
        using var swarm = site.Start(_folder.File("."));
        var schedule = new Schedule(seed, swarm, site.Blows(swarm), Faults, Shards);
        try
        {
            await schedule.RunAsync(async () =>
            {
                if (await jobs.Blobs.TryReadAsync(folder.Failed) is { } failed)
                    Assert.Fail(Encoding.UTF8.GetString(failed));
                return await jobs.Blobs.ExistsAsync(folder.Manifest)
                    ? null
                    : (await JobStore.CommittedShardsAsync(jobs.Blobs, folder, default)).Count;
            });
            await swarm.EndAsync();
            // Cleans up where the last blow fell between the results and that.
            await SaysAsync(site.Environment, ["work", "--store", site.Store]);
            await CheckAsync(jobs, folder);
            await SaysAsync(site.Environment, ["pull", "--store", site.Store, "--job", folder.Id, "--out", pulled]);
            Results.AssertSame(_folder.File("run"), pulled);
            var losses = ParquetReaders.Query(
                $"select count(*), count(distinct (row, pos)) from read_parquet('{pulled}/token_loss.parquet')")[0];
            Assert.Equal($"{Shards * Positions} {Shards * Positions}", string.Join(' ', losses));
            Assert.True(schedule.Fallen > Faults * 3 / 4, $"the job was done when {schedule.Fallen} blows had fallen: make it larger");
            output.WriteLine($"{schedule.Log}\n    {schedule.Summary}; {swarm.Ends} ended by themselves; {site.Report}");
            Assert.All(site.Secrets, secret => Assert.DoesNotContain(secret, swarm.Said, StringComparison.Ordinal));
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
        Assert.All(
            left.Where(name => name.StartsWith(folder.Shards, StringComparison.Ordinal)),
            name => Assert.EndsWith(".stats", name, StringComparison.Ordinal));
        Assert.DoesNotContain(
            left,
            name => name.StartsWith(folder.Claims, StringComparison.Ordinal) || name.StartsWith(folder.Failures, StringComparison.Ordinal));
    }

    static async Task<string> SaysAsync(Dictionary<string, string> environment, string[] arguments)
    {
        var (code, said, error) = await HeadScopeProcess.RunAsync(environment, arguments);
        Assert.True(code == 0, $"{arguments[0]} ended with {code}: {error}");
        return said;
    }
}
