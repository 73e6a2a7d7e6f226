using System.Collections.Concurrent;
using HeadScope.Jobs.Pool;
using HeadScope.Jobs.Work;

namespace HeadScope.Jobs.Tests.Pool;

public class JobPoolTests
{
    [Fact]
    public async Task Run_OneJobCannotBeReadForNow_TheOthersAreDoneAndItAfterwards()
    {
        using var fixture = new JobFixture();
        var (_, broken) = await fixture.SubmitAsync(JobFixture.TinyRequest with { SkipHeads = true, ShardRows = 12 });
        var (_, sound) = await fixture.SubmitAsync(JobFixture.TinyRequest with { SkipHeads = true, ShardRows = 12, Rows = 12 });

        // A folder stands where the file should.
        var spec = Path.Combine(fixture.Jobs.Blobs.Location, broken.Spec);
        File.Move(spec, $"{spec}.aside");
        Directory.CreateDirectory(spec);

        var told = new ConcurrentQueue<string>();
        using var drain = new CancellationTokenSource();
        var pool = new JobPool(
            fixture.Jobs, new EngineOptions { Workers = 1, Threads = 1 }, TimeProvider.System, (job, _) => told.Enqueue(job.Id), new StoreWork(fixture.Jobs, TimeProvider.System));
        var running = pool.RunAsync(drain.Token, default);
        await DoneAsync(sound);
        Assert.Null(await fixture.Jobs.ManifestAsync(broken, default));
        Directory.Delete(spec);
        File.Move($"{spec}.aside", spec);
        pool.Wake(broken);
        await DoneAsync(broken);
        await drain.CancelAsync();
        await running;
        Assert.Equal([broken.Id], told); // once, though it was looked at several times
        Assert.Null(await fixture.Jobs.Blobs.TryReadAsync(broken.Failed));

        async Task DoneAsync(JobFolder job)
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
            for (; await fixture.Jobs.ManifestAsync(job, limit.Token) is null; await Task.Delay(50, limit.Token))
                pool.Wake(job);
        }
    }
}
