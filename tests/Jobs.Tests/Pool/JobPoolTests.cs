using System.Collections.Concurrent;
using HeadScope.Jobs.Pool;
using HeadScope.Jobs.Records;
using HeadScope.Jobs.Shards;
using HeadScope.Jobs.Specs;
using HeadScope.Jobs.Status;
using HeadScope.Jobs.Store;
using HeadScope.Jobs.Tests.Work;
using HeadScope.Jobs.Work;
using HeadScope.ModelCore.Compute;

namespace HeadScope.Jobs.Tests.Pool;

/// <summary>What is wrong with one job costs that job, and no other.</summary>
public sealed class JobPoolTests : IDisposable
{
    static readonly JobRequest Broken = JobFixture.TinyRequest with { SkipHeads = true, ShardRows = 12 };
    static readonly JobRequest Sound = Broken with { Rows = 12 };

    readonly JobFixture _fixture = new();
    readonly ConcurrentQueue<(string Job, string Message)> _told = new();
    readonly CancellationTokenSource _drain = new();

    public void Dispose()
    {
        _drain.Dispose();
        _fixture.Dispose();
    }

    [Theory]
    [InlineData("spec.json")]
    [InlineData("control.json")]
    public async Task Run_OneJobCannotBeReadForNow_TheOthersAreDoneAndItAfterwards(string blob)
    {
        var (_, broken) = await _fixture.SubmitAsync(Broken);
        var (_, sound) = await _fixture.SubmitAsync(Sound);
        await new JobStatusReader(_fixture.Jobs, TimeProvider.System).WriteControlAsync(broken, JobControl.Default, default);

        // A folder stands where the file should.
        var file = Path.Combine(_fixture.Jobs.Blobs.Location, broken.Prefix + blob);
        File.Move(file, $"{file}.aside");
        Directory.CreateDirectory(file);

        var (pool, running) = Start();
        await DoneAsync(pool, sound);
        Assert.Null(await _fixture.Jobs.ManifestAsync(broken, default));
        Directory.Delete(file);
        File.Move($"{file}.aside", file);
        pool.Wake(broken);
        await DoneAsync(pool, broken);
        await EndAsync(running);
        Assert.Equal([broken.Id], _told.Select(told => told.Job)); // once, though it was looked at several times
        Assert.Null(await _fixture.Jobs.Blobs.TryReadAsync(broken.Failed));
    }

    [Theory]
    [InlineData("statistics", "its checksum is wrong")]
    [InlineData("scores", "is not what was committed")]
    [InlineData("missing scores", "the scores of shard 0")]
    [InlineData("weights", "weights.json")]
    public async Task Run_ReductionOfOneJobFails_ThatJobFailsAndTheOthersAreDone(string damaged, string message)
    {
        var broken = await ScoredAsync();
        var names = await _fixture.BlobsAsync(broken.Shards);
        switch (damaged)
        {
            case "statistics":
                await DamageAsync(broken.ShardStats(0));
                break;
            case "scores":
                await DamageAsync(names.First(name => name.EndsWith(".scores", StringComparison.Ordinal)));
                break;
            case "missing scores":
                await _fixture.Jobs.Blobs.DeleteAsync(names.First(name => name.EndsWith(".scores", StringComparison.Ordinal)));
                break;
            case "weights":
                await _fixture.Jobs.Blobs.WriteAsync(broken.WeightsColumns, "{}"u8.ToArray());
                break;
        }

        await FailsAloneAsync(broken, message);
    }

    [Theory]
    [InlineData("spec.json", "{\"model\": null, \"tokens\": null, \"scores\": null}")]
    [InlineData("plan.json", "{\"rows\": 24, \"shard_rows\": 0}")]
    [InlineData("control.json", "no")]
    public async Task Run_OneJobIsNotWhatItShouldBe_IsLeftAloneAndTheOthersAreDone(string blob, string content)
    {
        var (_, broken) = await _fixture.SubmitAsync(Broken);
        var (_, sound) = await _fixture.SubmitAsync(Sound);
        await _fixture.Jobs.Blobs.WriteAsync(broken.Prefix + blob, System.Text.Encoding.UTF8.GetBytes(content));
        var (pool, running) = Start();
        await DoneAsync(pool, sound);
        await EndAsync(running);
        var (job, message) = Assert.Single(_told);
        Assert.Equal(broken.Id, job);
        Assert.StartsWith(broken.Prefix + blob, message, StringComparison.Ordinal);
        Assert.False(await _fixture.Jobs.Blobs.ExistsAsync(broken.Failed)); // another version may be able to read it
    }

    [Fact]
    public async Task Run_ModelOfOneJobCannotBeLoaded_IsTriedAgainThenThatJobFails()
    {
        var (_, broken) = await _fixture.SubmitAsync(Broken with { Precision = Precision.Bfloat16 });
        var loads = 0;
        var device = new FailingDevice(Precision.Bfloat16, () => new OutOfMemoryException($"no room {++loads}"));
        await FailsAloneAsync(
            broken, $"Shard 000000 failed {JobFailures.Retries + 1} times; the last time: OutOfMemoryException: no room", device);
        Assert.Equal(JobFailures.Retries, _told.Count(told => told.Message.StartsWith("no room", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Run_DeviceDoesNotOpen_EndsWithTheFault()
    {
        var device = new FailingDevice(Precision.Float32, () => new InvalidOperationException("the device was lost"));
        var (_, running) = Start(device);
        var fault = await Assert.ThrowsAsync<InvalidOperationException>(() => running.WaitAsync(TimeSpan.FromMinutes(1)));
        Assert.Equal("the device was lost", fault.Message);
    }

    /// <summary>
    /// A job and a sound one, in one pool: the first fails for a reason, is logged, and leaves the other and the pool alone.
    /// </summary>
    async Task FailsAloneAsync(JobFolder broken, string message, IComputeDevice? device = null)
    {
        var (pool, running) = Start(device);
        using (var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2)))
        {
            while (!await _fixture.Jobs.Blobs.ExistsAsync(broken.Failed, limit.Token))
                await Task.Delay(50, limit.Token);
        }

        // After it has failed: by workers that have outlived it.
        var (_, sound) = await _fixture.SubmitAsync(Sound);
        await DoneAsync(pool, sound);
        await EndAsync(running);
        var failure = JobJson.Read<JobFailure>((await _fixture.Jobs.Blobs.TryReadAsync(broken.Failed))!, broken.Failed);
        Assert.Contains(message, failure.Message, StringComparison.Ordinal);
        Assert.Contains((broken.Id, failure.Message), _told);
        Assert.All(_told, told => Assert.Equal(broken.Id, told.Job));
        Assert.Null(await _fixture.Jobs.ManifestAsync(broken, default));
    }

    /// <summary>A job of which everything is done but the reduction.</summary>
    async Task<JobFolder> ScoredAsync()
    {
        var request = Broken with { SkipHeads = false };
        await _fixture.ScoreAsync(request);
        var folder = new JobFolder(JobResolver.Resolve(request).Spec.Id);
        await _fixture.Jobs.Blobs.TryCreateAsync(
            folder.WeightsColumns, JobJson.Write(new WeightsColumns(new float[12], new float[12], new float[12], new float[12])));
        return folder;
    }

    async Task DamageAsync(string blob)
    {
        var bytes = (await _fixture.Jobs.Blobs.TryReadAsync(blob))!;
        bytes[bytes.Length / 2] ^= 0x10;
        await _fixture.Jobs.Blobs.WriteAsync(blob, bytes);
    }

    (JobPool Pool, Task Running) Start(IComputeDevice? device = null)
    {
        var options = new EngineOptions { Workers = 1, Threads = 1 };
        var pool = new JobPool(
            _fixture.Jobs, device is null ? options : options with { Devices = [device] }, TimeProvider.System,
            (job, cause) => _told.Enqueue((job.Id, cause.Message)), new StoreWork(_fixture.Jobs, TimeProvider.System));
        return (pool, pool.RunAsync(_drain.Token, default));
    }

    async Task EndAsync(Task running)
    {
        Assert.False(running.IsCompleted, "the pool ended by itself");
        await _drain.CancelAsync();
        await running;
    }

    async Task DoneAsync(JobPool pool, JobFolder job)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        for (; await _fixture.Jobs.ManifestAsync(job, limit.Token) is null; await Task.Delay(50, limit.Token))
            pool.Wake(job);
    }
}
