using HeadScope.Jobs.Pool;
using HeadScope.Jobs.Records;
using HeadScope.Jobs.Status;
using HeadScope.Jobs.Store;
using Microsoft.Extensions.Time.Testing;

namespace HeadScope.Jobs.Tests.Pool;

public class JobQueueTests
{
    [Fact]
    public void Order_SomePriorities_HighestFirstAndEqualsInTurn()
    {
        ActiveJob[] jobs = [Job("c", 0), Job("a", 5), Job("d", 0), Job("b", 0), Job("e", 5)];
        Assert.Equal("aebcd", Names(0));
        Assert.Equal("eacdb", Names(1));
        Assert.Equal("aedbc", Names(2));
        Assert.Equal(6, Enumerable.Range(0, 6).Select(Names).Distinct().Count());
        Assert.Equal(Names(0), Names(6));
        Assert.Equal(5, Names(-1).Length); // a counter that has gone round

        string Names(int turn) => string.Concat(JobQueue.Order(jobs, turn).Select(job => job.Folder.Id));
    }

    [Fact]
    public async Task InTurn_JobsOfAStore_AreThoseThatHaveNotEnded()
    {
        using var fixture = new JobFixture();
        var time = new FakeTimeProvider();
        var queue = new JobQueue(fixture.Jobs, time);
        var (_, one) = await fixture.SubmitAsync(JobFixture.TinyRequest);
        var (_, two) = await fixture.SubmitAsync(JobFixture.TinyRequest with { Rows = 3 });
        await new JobStatusReader(fixture.Jobs, time).WriteControlAsync(two, new JobControl(7, Paused: true), default);
        var active = await queue.InTurnAsync(default);
        Assert.Equal(
            [(two.Id, new JobControl(7, Paused: true)), (one.Id, JobControl.Default)], active.Select(job => (job.Folder.Id, job.Control)));

        await new JobStatusReader(fixture.Jobs, time).CancelAsync(two, null, default);
        Assert.Equal([one.Id], (await queue.InTurnAsync(default)).Select(job => job.Folder.Id));
        await fixture.Jobs.ReopenAsync(two, default);
        Assert.Single(await queue.InTurnAsync(default)); // not looked at again so soon
        queue.Changed(two);
        Assert.Equal(2, (await queue.InTurnAsync(default)).Count);
        queue.Ended(two);
        Assert.Single(await queue.InTurnAsync(default));
        time.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal(2, (await queue.InTurnAsync(default)).Count);
    }

    [Fact]
    public async Task InTurn_DamagedControl_IsTheJobsFault()
    {
        using var fixture = new JobFixture();
        var (_, folder) = await fixture.SubmitAsync(JobFixture.TinyRequest);
        await fixture.Jobs.Blobs.WriteAsync(folder.Control, "no"u8.ToArray(), default);
        var job = Assert.Single(await new JobQueue(fixture.Jobs, TimeProvider.System).InTurnAsync(default));
        Assert.Contains(folder.Control, job.Fault, StringComparison.Ordinal);
    }

    static ActiveJob Job(string id, int priority) => new(new JobFolder(id), new JobControl(priority));
}
