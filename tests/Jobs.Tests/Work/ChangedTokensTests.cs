using HeadScope.Data.Tokens;
using HeadScope.Jobs.Observation;
using HeadScope.Jobs.Records;
using HeadScope.Jobs.Shards;
using HeadScope.Jobs.Specs;
using HeadScope.Jobs.Work;

namespace HeadScope.Jobs.Tests.Work;

/// <summary>
/// Token files that are overwritten in place while a job runs: no score of other tokens counts, and no manifest names a hash that was.
/// </summary>
public sealed class ChangedTokensTests : IDisposable
{
    readonly JobFixture _fixture = new();
    readonly string _tokens;
    readonly byte[] _right;
    readonly JobRequest _request;

    public ChangedTokensTests()
    {
        _tokens = _fixture.File("tokens.safetensors");
        File.Copy(JobFixture.TinyRequest.Tokens.Path, _tokens);
        _right = File.ReadAllBytes(_tokens);
        _request = JobFixture.TinyRequest with { Tokens = new TokenLocation(_tokens), ShardRows = 8, SkipHeads = true };
    }

    public void Dispose() => _fixture.Dispose();

    [Theory]
    [InlineData(1)] // after the first shard: the second is not scored
    [InlineData(3)] // after the last: they are not reduced
    public async Task Run_TokensAreOverwrittenMeanwhile_FailsNamingTheFileAndGoesOnWhenTheyAreBack(int shards)
    {
        var (job, folder) = await _fixture.SubmitAsync(_request);
        var committed = 0;
        var fault = await Assert.ThrowsAsync<JobStoppedException>(() => RunAsync(folder, () =>
        {
            if (++committed == shards)
                Overwrite();
        }));
        Assert.Contains(
            $"{_tokens}: these are not the tokens that job {job.Spec.Id} was made for: the file has changed. Restore it", fault.Message,
            StringComparison.Ordinal);
        Assert.Null(await _fixture.Jobs.ManifestAsync(folder, default));
        Assert.Equal(shards, (await JobStore.CommittedShardsAsync(_fixture.Jobs.Blobs, folder, default)).Count);
        await AssertIsDoneWithTheRightTokensAsync(folder);
    }

    [Fact]
    public async Task Run_TokensAreOverwrittenWhileAShardIsScored_ScoresItAgain()
    {
        var (_, folder) = await _fixture.SubmitAsync(_request);
        var observer = new Watcher { Scored = Once(() => { Overwrite(); File.WriteAllBytes(_tokens, _right); }) };
        var manifest = await new LocalEngine(_fixture.Jobs, new EngineOptions { Workers = 1, Threads = 1, BatchSize = 2 }, TimeProvider.System).RunAsync(folder, observer, default);
        Assert.Contains("the file was written to while job", Assert.Single(observer.Failed), StringComparison.Ordinal);
        await AssertIsThatOfAnUntouchedRunAsync(manifest);
    }

    [Fact]
    public async Task Run_TokensAreOverwrittenBetweenSubmissionAndStart_FailsBeforeAnythingIsScored()
    {
        var (_, folder) = await _fixture.SubmitAsync(_request);
        Overwrite();
        var fault = await Assert.ThrowsAsync<InvalidDataException>(() => new LocalEngine(
            _fixture.Jobs, new EngineOptions { VerifyModel = false }, TimeProvider.System).RunAsync(folder, new Watcher(), default));
        Assert.Contains("the file has changed", fault.Message, StringComparison.Ordinal);
        Assert.Empty(await JobStore.CommittedShardsAsync(_fixture.Jobs.Blobs, folder, default));
    }

    /// <summary>Some other tokens of the vocabulary: the last ones of the file, in its place.</summary>
    void Overwrite()
    {
        using var file = new FileStream(_tokens, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
        file.Write(_right.AsSpan(0, _right.Length - 4000));
        file.Write(new byte[4000]);
    }

    async Task AssertIsDoneWithTheRightTokensAsync(JobFolder folder)
    {
        File.WriteAllBytes(_tokens, _right);
        await _fixture.Jobs.ReopenAsync(folder, default);
        await AssertIsThatOfAnUntouchedRunAsync(await RunAsync(folder, () => { }));
    }

    static async Task AssertIsThatOfAnUntouchedRunAsync(Manifest manifest)
    {
        using var untouched = new JobFixture();
        Assert.Equal(
            JobJson.Write((await untouched.RunAsync(JobFixture.TinyRequest with { ShardRows = 8, SkipHeads = true })).Manifest),
            JobJson.Write(manifest));
    }

    Task<Manifest> RunAsync(JobFolder folder, Action committed) =>
        new LocalEngine(_fixture.Jobs, new EngineOptions { Workers = 1, Threads = 1 }, TimeProvider.System)
            .RunAsync(folder, new Watcher { Committed = committed }, default);

    static Action Once(Action action)
    {
        var done = false;
        return () =>
        {
            if (!done)
                action();
            done = true;
        };
    }

    sealed class Watcher : IJobObserver
    {
        public List<string> Failed { get; } = [];

        public Action Committed { get; init; } = () => { };

        public Action Scored { get; init; } = () => { };

        public void RowsScored(int rows) => Scored();

        public void ShardCommitted(ShardRecord record, HeadStatistics statistics) => Committed();

        public void ShardFailed(string unit, Exception cause) => Failed.Add(cause.Message);
    }
}
