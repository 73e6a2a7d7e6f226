using HeadScope.Jobs.Records;
using HeadScope.Jobs.Specs;
using HeadScope.Jobs.Status;
using HeadScope.Jobs.Work;

namespace HeadScope.Jobs.Tests.Reduction;

/// <summary>What is stored is not believed: damage is found, named, and mended by scoring the shard again.</summary>
public class DamageTests
{
    static readonly JobRequest Request = JobFixture.TinyRequest with { ShardRows = 8, SkipHeads = true };

    [Fact]
    public async Task Reduce_ScoresOfAShardAreDamaged_NamesTheShardAndRecovers()
    {
        using var fixture = new JobFixture();
        await fixture.ScoreAsync(Request);
        var job = JobResolver.Resolve(Request);
        var folder = new JobFolder(job.Spec.Id);
        var blob = (await fixture.BlobsAsync(folder.Shards))
            .Single(name => name.Contains("000001.", StringComparison.Ordinal) && name.EndsWith(".scores", StringComparison.Ordinal));
        await DamageAsync(fixture, blob, 20_000);
        var fault = await Assert.ThrowsAsync<JobStoppedException>(() => RunAsync(fixture, folder));
        Assert.Contains("shard 1 ", fault.Message, StringComparison.Ordinal);
        var status = await new JobStatusReader(fixture.Jobs, TimeProvider.System).TryReadAsync(folder, default);
        Assert.Equal((JobState.Failed, fault.Message), (status!.State, status.Failure!.Message));

        await fixture.Jobs.Blobs.DeleteAsync(folder.ShardStats(1));
        await fixture.Jobs.ReopenAsync(folder, default);
        using var untouched = new JobFixture();
        Assert.Equal(JobJson.Write((await untouched.RunAsync(Request)).Manifest), JobJson.Write(await RunAsync(fixture, folder)));
    }

    [Fact]
    public async Task Reduce_StatisticsOfAShardAreDamaged_NamesTheBlob()
    {
        using var fixture = new JobFixture();
        await fixture.ScoreAsync(Request);
        var folder = new JobFolder(JobResolver.Resolve(Request).Spec.Id);
        await DamageAsync(fixture, folder.ShardStats(2), 700);
        var fault = await Assert.ThrowsAsync<JobStoppedException>(() => RunAsync(fixture, folder));
        Assert.Contains(folder.ShardStats(2), fault.Message, StringComparison.Ordinal);

        // The preview does without it.
        var (spec, plan) = await fixture.Jobs.ReadAsync(folder, default);
        var preview = new LivePreview(fixture.Jobs.Blobs, folder, spec, plan, TimeProvider.System);
        Assert.Equal(16, (await preview.ReadAsync(default)).Rows);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1000)]
    public async Task Reduce_ScoresOfAShardAreMissing_FailsTheJobNamingThem(int left)
    {
        using var fixture = new JobFixture();
        await fixture.ScoreAsync(Request);
        var folder = new JobFolder(JobResolver.Resolve(Request).Spec.Id);
        var blob = (await fixture.BlobsAsync(folder.Shards)).First(name => name.EndsWith(".scores", StringComparison.Ordinal));
        var bytes = (await fixture.Jobs.Blobs.TryReadAsync(blob))!;
        await fixture.Jobs.Blobs.DeleteAsync(blob);
        if (left > 0)
            await fixture.Jobs.Blobs.TryCreateAsync(blob, bytes.AsMemory(0, left));
        var fault = await Assert.ThrowsAsync<JobStoppedException>(() => RunAsync(fixture, folder));
        Assert.Contains($"the scores of shard 0, {blob}, have {left:N0} bytes", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reduce_JobWasDeleted_LeavesNothingBehind()
    {
        using var fixture = new JobFixture();
        await fixture.ScoreAsync(Request);
        var folder = new JobFolder(JobResolver.Resolve(Request).Spec.Id);
        await using var session = await JobSession.OpenAsync(
            fixture.Jobs, folder, new EngineOptions(), new JobFixture.Observer(), TimeProvider.System, default);
        await fixture.Jobs.DeleteAsync(folder, default);
        var stopped = await Assert.ThrowsAsync<JobStoppedException>(() => session.TryReduceAsync(default));
        Assert.True(stopped.Cancelled);
        Assert.Empty(await fixture.BlobsAsync(folder.Prefix));
    }

    [Fact]
    public async Task Run_ModelFileHasChanged_RefusesAndSaysSo()
    {
        using var fixture = new JobFixture();
        var copy = Directory.CreateDirectory(fixture.File("model"));
        foreach (var file in Directory.GetFiles(Request.Model))
            File.Copy(file, Path.Combine(copy.FullName, Path.GetFileName(file)));
        var (_, folder) = await fixture.SubmitAsync(Request with { Model = copy.FullName });
        File.AppendAllText(Path.Combine(copy.FullName, "config.json"), " ");
        var fault = await Assert.ThrowsAsync<InvalidDataException>(() => RunAsync(fixture, folder));
        Assert.Contains("changed", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_Done_LeavesNoScoresClaimsOrFailures()
    {
        using var fixture = new JobFixture();
        var (folder, _) = await fixture.RunAsync(Request);
        Assert.All(await fixture.BlobsAsync(folder.Shards), name => Assert.EndsWith(".stats", name, StringComparison.Ordinal));
        Assert.Empty(await fixture.BlobsAsync(folder.Claims));
        Assert.Equal(
            ["examples.parquet", "head_df.csv", "head_df.parquet", "manifest.json", "moments.parquet", "quantiles.parquet", "report.html", "timings.json", "token_loss.parquet"],
            (await fixture.BlobsAsync(folder.Results)).Select(name => Path.GetFileName(name)!));
    }

    static Task<Manifest> RunAsync(JobFixture fixture, JobFolder folder) =>
        new LocalEngine(fixture.Jobs, new EngineOptions(), TimeProvider.System).RunAsync(folder, new JobFixture.Observer(), default);

    static async Task DamageAsync(JobFixture fixture, string blob, int offset)
    {
        var bytes = (await fixture.Jobs.Blobs.TryReadAsync(blob))!;
        bytes[offset] ^= 0x10;
        await fixture.Jobs.Blobs.DeleteAsync(blob);
        await fixture.Jobs.Blobs.TryCreateAsync(blob, bytes);
    }
}
