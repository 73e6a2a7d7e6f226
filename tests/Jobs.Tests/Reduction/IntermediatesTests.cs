using HeadScope.Jobs.Leasing;
using HeadScope.Jobs.Pool;
using HeadScope.Jobs.Reduction;
using HeadScope.Jobs.Status;
using HeadScope.Jobs.Work;

namespace HeadScope.Jobs.Tests.Reduction;

/// <summary>What a reducer leaves that dies after it has written the manifest.</summary>
public class IntermediatesTests
{
    [Fact]
    public async Task Left_JobIsDone_IsDroppedByWhoeverTurnsToTheJob()
    {
        using var fixture = new JobFixture();
        var (folder, _) = await fixture.RunAsync(JobFixture.TinyRequest with { SkipHeads = true });
        var kept = await fixture.BlobsAsync(folder.Prefix);
        foreach (var turn in new Func<Task>[]
        {
            () => new LocalEngine(fixture.Jobs, new EngineOptions(), TimeProvider.System)
                .RunAsync(folder, new JobFixture.Observer(), default),
            () => new JobQueue(fixture.Jobs, TimeProvider.System).InTurnAsync(default),
        })
        {
            await LeaveAsync(fixture, folder);
            await turn();
            Assert.Equal(kept, await fixture.BlobsAsync(folder.Prefix));
        }
    }

    [Fact]
    public async Task Left_JobIsCancelled_IsKeptForItsResume()
    {
        using var fixture = new JobFixture();
        var (_, folder) = await fixture.SubmitAsync(JobFixture.TinyRequest with { SkipHeads = true });
        await LeaveAsync(fixture, folder);
        await new JobStatusReader(fixture.Jobs, TimeProvider.System).CancelAsync(folder, null, default);
        var kept = await fixture.BlobsAsync(folder.Prefix);
        await new JobQueue(fixture.Jobs, TimeProvider.System).InTurnAsync(default);
        await Intermediates.DropAsync(fixture.Jobs.Blobs, folder, default);
        Assert.Equal(kept, await fixture.BlobsAsync(folder.Prefix));
    }

    static async Task LeaveAsync(JobFixture fixture, JobFolder folder)
    {
        foreach (var name in new[] { folder.ShardScores(0, "attempt"), $"{folder.Failures}000000.1" })
            Assert.True(await fixture.Jobs.Blobs.TryCreateAsync(name, "left"u8.ToArray()));
        var dead = ProcessIdentity.Current with { Started = "another" };
        Assert.NotNull(await new BlobClaims(
            fixture.Jobs.Blobs, folder, TimeProvider.System, BlobClaims.DefaultDuration, dead).TryClaimAsync("reduce", "dead", default));
    }
}
