using HeadScope.Jobs.Observation;
using HeadScope.Jobs.Records;
using HeadScope.Jobs.Shards;
using HeadScope.Jobs.Store;
using HeadScope.Jobs.Tests.Store;
using HeadScope.Jobs.Work;

namespace HeadScope.Jobs.Tests.Work;

/// <summary>Jobs that are purged while several engines are at work on them: when those have stopped, nothing of the job is left.</summary>
[Collection(AzuriteTests.Name)]
public sealed class PurgeTests(SharedAzurite azurite)
{
    const int Shards = 24;

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(18)]
    [InlineData(Shards)]
    public async Task Delete_TwoEnginesAreAtWork_LeavesNothingInAFolder(int committed)
    {
        using var fixture = new JobFixture();
        await LeavesNothingAsync(fixture, fixture.Jobs.Blobs, committed);
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(fixture.Jobs.Blobs.Location, JobFolder.Root)));
    }

    [SkippableTheory]
    [InlineData(3)]
    [InlineData(Shards)]
    public async Task Delete_TwoEnginesAreAtWork_LeavesNothingInAnAccount(int committed)
    {
        var container = SharedAzurite.NewContainer();
        using var fixture = new JobFixture(await azurite.OpenAsync(container));
        await LeavesNothingAsync(fixture, await azurite.OpenAsync(container, create: false), committed);
    }

    /// <param name="other">The same store, as another process has it.</param>
    /// <param name="committed">After how many shards the job is deleted.</param>
    static async Task LeavesNothingAsync(JobFixture fixture, IBlobStore other, int committed)
    {
        var (_, folder) = await fixture.SubmitAsync(JobFixture.TinyRequest with { ShardRows = 1 });
        var left = committed;
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var observer = new Watcher(() =>
        {
            if (Interlocked.Decrement(ref left) == 0)
                reached.SetResult();
        });
        var running = new[] { fixture.Jobs, new JobStore(other) }.Select(jobs => Task.Run(() =>
            new LocalEngine(jobs, new EngineOptions { Workers = 3, Threads = 3 }, TimeProvider.System).RunAsync(folder, observer, default))).ToList();
        await Task.WhenAny(reached.Task, Task.WhenAll(running));
        Assert.True(await fixture.Jobs.DeleteAsync(folder, default));
        foreach (var engine in running)
            await StoppedAsync(engine);
        Assert.Empty(await fixture.BlobsAsync(folder.Prefix));
    }

    /// <summary>It was told that the job is gone, unless it was done before.</summary>
    static async Task StoppedAsync(Task<Manifest> engine)
    {
        try
        {
            await engine;
        }
        catch (JobStoppedException e)
        {
            Assert.Contains("was deleted", e.Message, StringComparison.Ordinal);
        }
    }

    sealed class Watcher(Action committed) : IJobObserver
    {
        public void ShardCommitted(ShardRecord record, HeadStatistics statistics) => committed();
    }
}
