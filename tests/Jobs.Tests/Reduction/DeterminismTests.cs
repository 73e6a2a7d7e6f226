using HeadScope.Jobs.Records;
using HeadScope.Jobs.Specs;
using HeadScope.Jobs.Work;

namespace HeadScope.Jobs.Tests.Reduction;

/// <summary>The bytes of the results depend on what was asked, and on nothing else.</summary>
public class DeterminismTests
{
    [Theory]
    [InlineData("neox-tiny")]
    [InlineData("llama-tiny")]
    [InlineData("mistral-tiny/window16")]
    public async Task Results_AnyWorkersBatchesAndShards_AreTheSameBytes(string model)
    {
        var request = JobFixture.Request(model) with { KeepScores = true };
        var first = await RunAsync(request with { ShardRows = 24 }, new EngineOptions { Workers = 1, BatchSize = 24, Threads = 1 });
        foreach (var (workers, batch, shardRows, threads) in new[] { (1, 1, 3, 1), (2, 7, 3, 2), (4, 32, 64, 4), (2, 1, 5, 1), (4, 7, 1, 2), (1, 32, 3, 3) })
        {
            var again = await RunAsync(
                request with { ShardRows = shardRows }, new EngineOptions { Workers = workers, BatchSize = batch, Threads = threads });
            Assert.Equal(first, again);
        }
    }

    [Fact]
    public async Task Results_TwoEnginesOnOneStore_AreTheSameBytesAndNothingIsDoneTwice()
    {
        var request = JobFixture.TinyRequest with { ShardRows = 1 };
        var alone = await RunAsync(request, new EngineOptions());
        using var fixture = new JobFixture();
        var (_, folder) = await fixture.SubmitAsync(request);
        var observers = new[] { new JobFixture.Observer(), new JobFixture.Observer() };
        var manifests = await Task.WhenAll(observers.Select(observer =>
            Task.Run(() => new LocalEngine(new JobStore(fixture.Jobs.Blobs), new EngineOptions { Workers = 1, BatchSize = 1 }, TimeProvider.System).RunAsync(folder, observer, default))));
        Assert.All(manifests, manifest => Assert.Equal(alone, Text(manifest)));
        Assert.Equal(Enumerable.Range(0, 24), observers.SelectMany(observer => observer.Committed).Order());
    }

    [Fact]
    public void Id_SameContentElsewhere_IsTheSame()
    {
        using var fixture = new JobFixture();
        var copy = Directory.CreateDirectory(fixture.File("elsewhere"));
        foreach (var file in Directory.GetFiles(JobFixture.TinyRequest.Model))
            File.Copy(file, Path.Combine(copy.FullName, Path.GetFileName(file)));
        var id = JobResolver.Resolve(JobFixture.TinyRequest).Spec.Id;
        Assert.Equal(id, JobResolver.Resolve(JobFixture.TinyRequest with { Model = copy.FullName, ShardRows = 2 }).Spec.Id);
        Assert.NotEqual(id, JobResolver.Resolve(JobFixture.TinyRequest with { Raw = true }).Spec.Id);
        Assert.NotEqual(id, JobResolver.Resolve(JobFixture.TinyRequest with { Rows = 23 }).Spec.Id);
        Assert.NotEqual(id, JobResolver.Resolve(JobFixture.TinyRequest with { Quantile = 0.8 }).Spec.Id);
        Assert.NotEqual(id, JobResolver.Resolve(JobFixture.TinyRequest with { KeepScores = true }).Spec.Id);
    }

    static async Task<string> RunAsync(JobRequest request, EngineOptions options)
    {
        using var fixture = new JobFixture();
        return Text((await fixture.RunAsync(request, options)).Manifest);
    }

    /// <summary>The manifest holds the hash of every result.</summary>
    static string Text(Manifest manifest) => System.Text.Encoding.UTF8.GetString(JobJson.Write(manifest));
}
