using HeadScope.Data.Tokens;
using HeadScope.Jobs.Leasing;
using HeadScope.Jobs.Observation;
using HeadScope.Jobs.Records;
using HeadScope.Jobs.Reduction;
using HeadScope.Jobs.Shards;
using HeadScope.Jobs.Specs;
using HeadScope.Jobs.Store;
using HeadScope.Jobs.Work;
using HeadScope.Tests.Support;

namespace HeadScope.Jobs.Tests;

/// <summary>A job in a store of the test's choice, or in a folder of its own.</summary>
internal sealed class JobFixture : IDisposable
{
    readonly TemporaryFolder _folder = new();

    public JobFixture(IBlobStore? store = null) => Jobs = new JobStore(store ?? new FileBlobStore(_folder.File("store")));

    public JobStore Jobs { get; }

    /// <summary>The 24 rows of 64 tokens of the oracle's tiny GPT-NeoX.</summary>
    public static JobRequest TinyRequest { get; } = Request("neox-tiny");

    public static JobRequest Request(string model) => new()
    {
        Model = model == "demo" ? Fixture.PathOf("..", "..", "src", "Client", "Demo") : Fixture.PathOf(model, "model"),
        Tokens = new TokenLocation(Fixture.PathOf(model, "inputs.safetensors")),
        InductionTokens = TokenLocation.Parse($"{Fixture.PathOf(model, "inputs.safetensors")}:ind_tokens"),
    };

    public string File(string name) => _folder.File(name);

    public async Task<(ResolvedJob Job, JobFolder Folder)> SubmitAsync(JobRequest request)
    {
        var job = JobResolver.Resolve(request);
        return (job, await Jobs.SubmitAsync(job, default));
    }

    public async Task<(JobFolder Folder, Manifest Manifest)> RunAsync(JobRequest request, EngineOptions? options = null)
    {
        var (_, folder) = await SubmitAsync(request);
        return (folder, await new LocalEngine(Jobs, options
            ?? new EngineOptions { Devices = [TestDevice.Current] }, TimeProvider.System).RunAsync(folder, new Observer(), default));
    }

    /// <summary>Scores every shard and stops before the reduction.</summary>
    public async Task<CommittedShards> ScoreAsync(JobRequest request)
    {
        var (job, folder) = await SubmitAsync(request);
        using var model = new TestModel(job.Spec);
        await Worker(job, folder, Leases(job, folder), model.Scorer, new Observer()).RunAsync(default);
        return await CommittedShards.ReadAsync(
            Jobs.Blobs, folder, job.Spec, job.Plan, job.Spec.Model.Layers * job.Spec.Model.HeadsPerLayer, threads: 2, default);
    }

    /// <summary>Leases of a process that knows of no other.</summary>
    /// <param name="process">This one, unless said otherwise.</param>
    public UnitLeases Leases(ResolvedJob job, JobFolder folder, TimeProvider? time = null, ProcessIdentity? process = null)
    {
        var units = new JobUnits(job.Plan, WeightsColumns: false);
        var claims = new BlobClaims(Jobs.Blobs, folder, time ?? TimeProvider.System, BlobClaims.DefaultDuration, process);
        return new UnitLeases(
            Jobs.Blobs, folder, units, claims,
            new UnitDispatcher(Jobs.Blobs, folder, units, claims, time ?? TimeProvider.System, Timeout.InfiniteTimeSpan));
    }

    public JobWorker Worker(
        ResolvedJob job, JobFolder folder, UnitLeases leases, IShardScorer scorer, IJobObserver observer, TimeProvider? time = null) => new(
        "worker", folder, job.Spec, job.Plan, job.Spec.Model.Layers * job.Spec.Model.HeadsPerLayer, Jobs.Blobs,
        JobPresence.NoteAsync(Jobs.Blobs, folder, default).GetAwaiter().GetResult(), leases, scorer, null, observer,
        time ?? TimeProvider.System);

    public async Task<List<string>> BlobsAsync(string prefix)
    {
        var names = new List<string>();
        await foreach (var blob in Jobs.Blobs.ListAsync(prefix))
            names.Add(blob.Name);
        return [.. names.Order(StringComparer.Ordinal)];
    }

    public void Dispose() => _folder.Dispose();

    /// <summary>Counts what it is told.</summary>
    public sealed class Observer : IJobObserver
    {
        public List<int> Committed { get; } = [];

        public List<string> Failed { get; } = [];

        public void ShardCommitted(ShardRecord record, HeadStatistics statistics)
        {
            lock (Committed)
                Committed.Add(record.Shard);
        }

        public void ShardFailed(string unit, Exception cause)
        {
            lock (Failed)
                Failed.Add($"{unit}: {cause.Message}");
        }
    }
}
