using HeadScope.Jobs.Pool;
using HeadScope.Jobs.Records;
using HeadScope.Jobs.Specs;
using HeadScope.Jobs.Store;
using HeadScope.Jobs.Tests.Store;
using HeadScope.Jobs.Work;
using HeadScope.Tests.Support;
using Microsoft.Extensions.Time.Testing;

namespace HeadScope.Jobs.Tests.Work;

/// <summary>
/// Jobs that are deleted while somebody is at work on them: nothing of them is left, and the next of the same id is whole.
/// </summary>
public sealed class DeletionTests : IDisposable
{
    static readonly JobRequest Request = JobFixture.TinyRequest with { ShardRows = 8, SkipHeads = true };

    readonly TemporaryFolder _folder = new();
    readonly JobFolder _job = new(JobResolver.Resolve(Request).Spec.Id);
    readonly JobFixture _fixture;
    Action<string, string>? _before;
    bool _deleted;

    public DeletionTests() =>
        _fixture = new JobFixture(new InterruptedStore(new FileBlobStore(_folder.File("store")), (op, name) => _before?.Invoke(op, name)));

    public void Dispose()
    {
        _fixture.Dispose();
        _folder.Dispose();
    }

    /// <summary>What a worker of three shards, and the reduction after them, do to the store, each with the job gone just before.</summary>
    [Theory]
    [InlineData("create", "claims/000001.1")]
    [InlineData("write", "shards/000001.")]
    [InlineData("create", "shards/000001.stats")]
    [InlineData("create", "shards/000002.stats")]
    [InlineData("create", "claims/reduce.1")]
    [InlineData("read", "shards/000001.stats")]
    [InlineData("write", "results/head_df.csv")]
    [InlineData("write", "results/token_loss.parquet")]
    [InlineData("write", "results/manifest.json")]
    public async Task Run_JobIsDeletedMeanwhile_StopsAndLeavesNothing(string op, string blob)
    {
        await _fixture.SubmitAsync(Request);
        DeleteBefore(op, blob);
        Assert.Contains("was deleted", (await Assert.ThrowsAsync<JobStoppedException>(RunAsync)).Message, StringComparison.Ordinal);
        Assert.True(_deleted);
        Assert.False(
            Directory.Exists(Path.Combine(_fixture.Jobs.Blobs.Location, _job.Prefix)), string.Join(' ', await _fixture.BlobsAsync("")));
        await AssertIsDoneAgainAsync();
    }

    [Theory]
    [InlineData("write", "shards/000001.")]
    [InlineData("create", "shards/000001.stats")]
    [InlineData("read", "shards/000001.stats")]
    [InlineData("write", "results/head_df.csv")]
    public async Task Run_JobIsDeletedAndSubmittedInOtherShardsMeanwhile_LeavesTheNewOneWhole(string op, string blob)
    {
        await _fixture.SubmitAsync(Request);
        DeleteBefore(op, blob, () => _fixture.SubmitAsync(Request with { ShardRows = 5 }).Wait());
        await Assert.ThrowsAsync<JobStoppedException>(RunAsync);
        Assert.True(_deleted);
        await AssertIsDoneAgainAsync();
    }

    [Fact]
    public async Task Run_UnitFailsInAJobThatIsGone_NotesNoFailure()
    {
        var (job, folder) = await _fixture.SubmitAsync(Request);
        using var model = new TestModel(job.Spec);
        var worker = _fixture.Worker(job, folder, _fixture.Leases(job, folder), new InterruptedScorer(model.Scorer, _ =>
        {
            _fixture.Jobs.DeleteAsync(folder, default).Wait();
            throw new InvalidOperationException("the device was lost");
        }), new JobFixture.Observer());
        await Assert.ThrowsAsync<JobStoppedException>(() => worker.RunAsync(default));
        Assert.Empty(await _fixture.BlobsAsync(folder.Prefix));
    }

    [Fact]
    public async Task Sweep_AWorkerThatDiedHadWrittenOnceMore_DeletesThatUntilTheJobIsForgotten()
    {
        var time = new FakeTimeProvider();
        var queue = new JobQueue(_fixture.Jobs, time);
        await _fixture.SubmitAsync(Request);
        Assert.True(await _fixture.Jobs.DeleteAsync(_job, default));
        for (var i = 0; i < 2; i++)
        {
            await WriteLateAsync();
            time.Advance(TimeSpan.FromMinutes(1));
            Assert.Empty(await queue.InTurnAsync(default));
            Assert.False(Directory.Exists(Path.Combine(_fixture.Jobs.Blobs.Location, _job.Prefix)));
        }

        Assert.Equal([_job.Deleted], await _fixture.BlobsAsync(""));
        time.Advance(TimeSpan.FromHours(1));
        await queue.InTurnAsync(default);
        Assert.Empty(await _fixture.BlobsAsync(""));
    }

    [Fact]
    public async Task Sweep_JobWithoutAPlanThatNobodyDeleted_IsLeft()
    {
        await _fixture.RunAsync(Request);
        await _fixture.Jobs.Blobs.DeleteAsync(_job.Plan); // as in a store that is being copied
        var before = await _fixture.BlobsAsync("");
        await new JobQueue(_fixture.Jobs, new FakeTimeProvider()).InTurnAsync(default);
        Assert.Equal(before, await _fixture.BlobsAsync(""));
    }

    [Fact]
    public async Task Submit_SomethingWasLeftOfTheJobThatWasDeleted_BeginsWithoutIt()
    {
        await _fixture.SubmitAsync(Request);
        await _fixture.Jobs.DeleteAsync(_job, default);
        await WriteLateAsync();
        await AssertIsDoneAgainAsync();
    }

    /// <summary>Has the job deleted before something is done to one of its blobs for the first time.</summary>
    void DeleteBefore(string op, string blob, Action? andThen = null) => _before = (what, name) =>
    {
        if (what != op || !name.StartsWith($"{_job.Prefix}{blob}", StringComparison.Ordinal))
            return;
        _before = null;
        _deleted = _fixture.Jobs.DeleteAsync(_job, default).Result;
        andThen?.Invoke();
    };

    /// <summary>Statistics without their scores, and signs of life.</summary>
    async Task WriteLateAsync()
    {
        foreach (var name in new[] { _job.ShardStats(1), $"{_job.Claims}000002.1", _job.Failed, _job.Cancelled, _job.WeightsColumns, _job.Result("head_df.csv") })
            await _fixture.Jobs.Blobs.WriteAsync(name, "late"u8.ToArray());
    }

    async Task AssertIsDoneAgainAsync()
    {
        await _fixture.SubmitAsync(Request);
        var manifest = await RunAsync();
        using var untouched = new JobFixture();
        Assert.Equal(JobJson.Write((await untouched.RunAsync(Request)).Manifest), JobJson.Write(manifest));
    }

    Task<Manifest> RunAsync() => new LocalEngine(_fixture.Jobs, new EngineOptions { Workers = 1, Threads = 1 }, TimeProvider.System)
        .RunAsync(_job, new JobFixture.Observer(), default);
}
