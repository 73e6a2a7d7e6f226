using System.Collections.Concurrent;
using System.Diagnostics;
using HeadScope.Jobs.Observation;
using HeadScope.Jobs.Records;
using HeadScope.Jobs.Work;

namespace HeadScope.Jobs.Tests.Observation;

[Collection(TelemetryCollection.Name)]
public sealed class JobSpansTests : IDisposable
{
    readonly ConcurrentBag<Activity> _spans = [];
    readonly ActivityListener _listener;

    public JobSpansTests()
    {
        _listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == JobSpans.SourceName,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = _spans.Add,
        };
        ActivitySource.AddActivityListener(_listener);
    }

    public void Dispose() => _listener.Dispose();

    [Fact]
    public async Task Run_Job_IsOneTraceOfShardsWithTheirStages()
    {
        using var fixture = new JobFixture();
        var (folder, _) = await fixture.RunAsync(JobFixture.TinyRequest with { ShardRows = 8 });
        var job = Assert.Single(Named("job"));
        Assert.Equal(folder.Id, job.GetTagItem("headscope.job.id"));
        Assert.All(_spans, span => Assert.Equal(job.TraceId, span.TraceId));
        Assert.Equal(job.SpanId, Assert.Single(Named("load")).ParentSpanId);
        Assert.Equal(job.SpanId, Assert.Single(Named("weights")).ParentSpanId);
        Assert.Equal(job.SpanId, Assert.Single(Named("reduce")).ParentSpanId);
        var shards = Named("shard");
        Assert.Equal([0, 1, 2], shards.Select(shard => (int)shard.GetTagItem("headscope.shard")!).Order());
        Assert.All(shards, shard =>
        {
            Assert.Equal(job.SpanId, shard.ParentSpanId);
            Assert.Equal(["score", "count", "store"], _spans.Where(span => span.ParentSpanId == shard.SpanId).OrderBy(span => span.StartTimeUtc).Select(span => span.OperationName));
        });
    }

    [Fact]
    public async Task Run_JobThatFails_MarksItsSpan()
    {
        using var fixture = new JobFixture();
        var (_, folder) = await fixture.SubmitAsync(JobFixture.TinyRequest);
        await fixture.Jobs.Blobs.TryCreateAsync(folder.Cancelled, "{}"u8.ToArray());
        await Assert.ThrowsAsync<JobStoppedException>(() => new LocalEngine(
            fixture.Jobs, new EngineOptions(), TimeProvider.System).RunAsync(folder, new JobFixture.Observer(), default));
        var job = Assert.Single(Named("job"));
        Assert.Equal(ActivityStatusCode.Error, job.Status);
        Assert.Contains("cancelled", job.StatusDescription, StringComparison.Ordinal);
    }

    List<Activity> Named(string name) => [.. _spans.Where(span => span.OperationName == name)];
}
