using HeadScope.Jobs.Reduction;
using HeadScope.Jobs.Specs;
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
        var blob = (await fixture.BlobsAsync(folder.Shards)).Single(name => name.Contains("000001.", StringComparison.Ordinal) && name.EndsWith(".scores", StringComparison.Ordinal));
        await DamageAsync(fixture, blob, 20_000);
        var fault = await Assert.ThrowsAsync<InvalidDataException>(() => RunAsync(fixture, folder));
        Assert.Contains("shard 1 ", fault.Message, StringComparison.Ordinal);
        Assert.Null(await fixture.Jobs.ManifestAsync(folder, default));

        await fixture.Jobs.Blobs.DeleteAsync(folder.ShardStats(1));
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
        var fault = await Assert.ThrowsAsync<InvalidDataException>(() => RunAsync(fixture, folder));
        Assert.Contains(folder.ShardStats(2), fault.Message, StringComparison.Ordinal);
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
