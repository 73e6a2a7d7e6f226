using System.Collections.Concurrent;
using System.Diagnostics;
using HeadScope.Jobs.Pool;
using HeadScope.Jobs.Records;
using HeadScope.Jobs.Shards;
using HeadScope.Jobs.Specs;
using HeadScope.Jobs.Status;
using HeadScope.Jobs.Store;
using HeadScope.Jobs.Tests.Store;
using HeadScope.Jobs.Work;
using HeadScope.Tests.Support;

namespace HeadScope.Jobs.Tests.Pool;

/// <summary>Jobs that a pool cannot read are left as they are: for newer versions, or for somebody to mend or delete them.</summary>
public sealed class UnreadableJobsTests
{
    /// <summary>At each look there are other jobs to find, and at the last the job is what it was.</summary>
    [Theory]
    [InlineData("spec.json", "\"format\": 1", "\"format\": 2", "a newer version of HeadScope wrote this job")]
    [InlineData("plan.json", "\"rows\": 24", "\"rows\": 0", "it is of 0 rows")]
    [InlineData("control.json", "{", "", "control.json")]
    public async Task Run_OneJobCannotBeRead_IsReadSeldomToldOnceAndLeftAsItIs(string blob, string text, string replacement, string told)
    {
        const int Looks = 10;
        using var folder = new TemporaryFolder();
        var (reads, looks) = (0, 0);
        var clock = Stopwatch.StartNew();
        var broken = new JobFolder("0000000000000000");
        using var fixture = new JobFixture(new InterruptedStore(new FileBlobStore(folder.File("store")), (_, name) =>
        {
            if (name == $"{broken.Prefix}{blob}")
                Interlocked.Increment(ref reads);
        }));
        (_, broken) = await fixture.SubmitAsync(JobFixture.TinyRequest with { SkipHeads = true, ShardRows = 12 });
        await new JobStatusReader(fixture.Jobs, TimeProvider.System).WriteControlAsync(broken, new JobControl(5), default);
        var path = Path.Combine(fixture.Jobs.Blobs.Location, broken.Prefix, blob);
        File.WriteAllText(path, File.ReadAllText(path).Replace(text, replacement, StringComparison.Ordinal));
        var before = await fixture.BlobsAsync(broken.Prefix);

        var tells = new ConcurrentQueue<(string Job, string Message)>();
        using var drain = new CancellationTokenSource();
        var pool = new JobPool(
            fixture.Jobs, new EngineOptions { Workers = 1, Threads = 1 }, TimeProvider.System,
            (job, cause) => tells.Enqueue((job.Id, cause.Message)), new StoreWork(fixture.Jobs, TimeProvider.System));
        var running = pool.RunAsync(drain.Token, default);
        for (; looks < Looks; looks++)
        {
            // A job that is done was found by a look that began after it was submitted.
            var (_, sound) = await fixture.SubmitAsync(JobFixture.TinyRequest with { SkipHeads = true, ShardRows = 12, Rows = 1 + looks });
            using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
            for (pool.Wake(sound); await fixture.Jobs.ManifestAsync(sound, limit.Token) is null;)
                await Task.Delay(10, limit.Token);
            if (looks > 0)
                continue;
            clock.Restart();
            Volatile.Write(ref reads, 0);
        }

        await drain.CancelAsync();
        await running;
        var (job, message) = Assert.Single(tells);
        Assert.Equal(broken.Id, job);
        Assert.Contains(told, message, StringComparison.Ordinal);
        Assert.InRange(reads, 0, 1 + (int)(clock.Elapsed / TimeSpan.FromSeconds(30)));
        Assert.Equal(before, await fixture.BlobsAsync(broken.Prefix));
    }

    [Fact]
    public async Task Run_NewerVersionCommittedAShard_LeavesTheJobToIt()
    {
        using var fixture = new JobFixture();
        var request = JobFixture.TinyRequest with { SkipHeads = true, ShardRows = 8 };
        await fixture.ScoreAsync(request);
        var folder = new JobFolder(JobResolver.Resolve(request).Spec.Id);
        var blob = (await fixture.Jobs.Blobs.TryReadAsync(folder.ShardStats(1)))!;
        blob[4]++; // the version, after the magic
        BitConverter.TryWriteBytes(blob.AsSpan(blob.Length - 4), ShardScoresFile.Checksum(blob.AsSpan(0, blob.Length - 4)));
        await fixture.Jobs.Blobs.WriteAsync(folder.ShardStats(1), blob);

        var told = new TaskCompletionSource<Exception>();
        using var drain = new CancellationTokenSource();
        var running = new JobPool(
            fixture.Jobs, new EngineOptions { Workers = 1, Threads = 1 }, TimeProvider.System, (_, cause) => told.TrySetResult(cause),
            new StoreWork(fixture.Jobs, TimeProvider.System)).RunAsync(drain.Token, default);
        Assert.Contains(
            "a newer version of HeadScope committed this shard", (await told.Task.WaitAsync(TimeSpan.FromMinutes(1))).Message,
            StringComparison.Ordinal);
        await drain.CancelAsync();
        await running;
        Assert.False(await fixture.Jobs.Blobs.ExistsAsync(folder.Failed));
        Assert.Equal(blob, await fixture.Jobs.Blobs.TryReadAsync(folder.ShardStats(1)));
    }

    [Fact]
    public async Task Run_ManifestOfAJobThatEndedCannotBeRead_DropsNothingOfIt()
    {
        using var fixture = new JobFixture();
        var (folder, _) = await fixture.RunAsync(JobFixture.TinyRequest with { SkipHeads = true });
        await fixture.Jobs.Blobs.WriteAsync(folder.Manifest, "{}"u8.ToArray());
        foreach (var left in new[] { $"{folder.Claims}reduce.1", folder.ShardScores(0, "attempt") })
            await fixture.Jobs.Blobs.WriteAsync(left, new byte[1]);
        var before = await fixture.BlobsAsync("");
        var job = Assert.Single(await new JobQueue(fixture.Jobs, TimeProvider.System).InTurnAsync(default));
        Assert.Contains(folder.Manifest, job.Fault, StringComparison.Ordinal);
        Assert.Equal(before, await fixture.BlobsAsync(""));
    }
}
