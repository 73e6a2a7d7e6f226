using System.Diagnostics;
using HeadScope.Client.Tests.Server;

namespace HeadScope.Client.Tests.Telemetry;

/// <summary>Export by OTLP, asked for as OpenTelemetry's specification says.</summary>
public sealed class OtlpTests
{
    [Fact]
    public async Task Run_EndpointInTheEnvironment_SendsMetricsAndTraces()
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        using var job = new WatchedJob(rows: 32);
        var error = await RunAsync(job, new()
        {
            ["OTEL_EXPORTER_OTLP_ENDPOINT"] = receiver.Url,
            ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
            ["OTEL_RESOURCE_ATTRIBUTES"] = "deployment.environment=test",
        });
        Assert.All(receiver.Requests, request => Assert.Equal("application/x-protobuf", request.ContentType));

        // ExportMetricsServiceRequest: resource_metrics 1, scope_metrics 2, metrics 2; Metric: name 1, sum 7; Sum: data_points 1.
        var metrics = receiver.Sent("/v1/metrics").SelectMany(request => request.At(1, 2, 2)).ToList();
        var names = metrics.Select(metric => metric.Text(1)).Distinct().ToList();
        foreach (var name in new[]
        {
            "headscope.tokens.scored", "headscope.shards", "headscope.shard", "headscope.shard.retries", "headscope.jobs", "headscope.job.progress_ratio",
            "headscope.workers", "headscope.queue.shards", "headscope.model.load", "headscope.reduce", "headscope.store.request",
        })
        {
            Assert.True(names.Contains(name), $"{name} is not among {string.Join(", ", names)}: {error}");
        }

        const int AsInt = 6;
        var tokens = metrics.Where(metric => metric.Text(1) == "headscope.tokens.scored").SelectMany(metric => metric.At(7, 1)).Last();
        Assert.Equal((ulong)job.Positions, tokens.Number(AsInt));

        // ExportTraceServiceRequest: resource_spans 1, scope_spans 2, spans 2; Span: trace_id 1, span_id 2, parent_span_id 4, name 5.
        var spans = receiver.Sent("/v1/traces").SelectMany(request => request.At(1, 2, 2)).ToList();
        var root = Assert.Single(spans, span => span.Text(5) == "job");
        var shards = spans.Where(span => span.Text(5) == "shard").ToList();
        Assert.Equal(job.Shards, shards.Count);
        Assert.All(shards, shard => Assert.Equal(root.Bytes(2), shard.Bytes(4)));
        Assert.All(spans, span => Assert.Equal(root.Bytes(1), span.Bytes(1)));
        Assert.Equal(job.Shards, spans.Count(span => span.Text(5) == "store"));

        // Resource 1: attributes 1; KeyValue: key 1, value 2; AnyValue: string_value 1.
        foreach (var path in new[] { "/v1/metrics", "/v1/traces" })
        {
            var resource = Resource(receiver, path);
            Assert.Equal("headscope", resource["service.name"]);
            Assert.Matches(@"^\d+\.\d+\.\d+", resource["service.version"]);
            Assert.Equal("test", resource["deployment.environment"]);
        }
    }

    [Fact]
    public async Task Run_OneSignalAndANameInTheEnvironment_SendsThatUnderThatName()
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        using var job = new WatchedJob(rows: 16);
        await RunAsync(job, new()
        {
            ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"] = $"{receiver.Url}/here",
            ["OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"] = "http/protobuf",
            ["OTEL_SERVICE_NAME"] = "mine",
        });
        Assert.All(receiver.Requests, request => Assert.Equal("/here", request.Path));
        Assert.Equal("mine", Resource(receiver, "/here")["service.name"]);
    }

    [Theory]
    [InlineData("OTEL_SDK_DISABLED", "true")]
    [InlineData("OTEL_METRICS_EXPORTER,OTEL_TRACES_EXPORTER", "none")]
    public async Task Run_SwitchedOff_SendsNothing(string variables, string value)
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        using var job = new WatchedJob(rows: 16);
        var environment = variables.Split(',').ToDictionary(variable => variable, _ => value);
        environment["OTEL_EXPORTER_OTLP_ENDPOINT"] = receiver.Url;
        environment["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf";
        await RunAsync(job, environment);
        Assert.Empty(receiver.Requests);
    }

    [Fact]
    public async Task Run_NobodyListens_IsDoneAllTheSame()
    {
        using var job = new WatchedJob(rows: 16);
        var started = Stopwatch.StartNew();
        await RunAsync(
            job, new() { ["OTEL_EXPORTER_OTLP_ENDPOINT"] = "http://127.0.0.1:9", ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf" });

        // The job takes a few seconds on a busy machine, and the last attempts to send five for each signal at the most.
        Assert.InRange(started.Elapsed.TotalSeconds, 0, 60);
    }

    [Fact]
    public async Task Serve_EndpointInTheEnvironment_SendsTheServersOwnToo()
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        using var job = new WatchedJob(rows: 16);
        using var server = new ServerProcess([.. job.Roots, "--workers", "1", "--threads", "1"])
        {
            Store = await job.SubmitAsync(),
            Environment = new() { ["OTEL_EXPORTER_OTLP_ENDPOINT"] = receiver.Url, ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf" },
        };
        await server.StartAsync();
        await new ServerClient(server.Address, null).SaysAsync(0, ["watch", "--job", job.Id]);
        await server.StopAsync();

        var names = receiver.Sent("/v1/metrics").SelectMany(request => request.At(1, 2, 2)).Select(metric => metric.Text(1)).ToHashSet();
        foreach (var name in new[] { "headscope.tokens.scored", "http.server.request.duration", "dotnet.gc.collections" })
            Assert.True(names.Contains(name), $"{name} is not among {string.Join(", ", names)}");
        var spans = receiver.Sent("/v1/traces").SelectMany(request => request.At(1, 2, 2)).ToList();
        string[] found = [.. spans.Select(span => $"{span.Text(5)}{(span.Bytes(4).Length == 0 ? "" : ", a child")}").Distinct()];
        foreach (var name in new[] { "job", "GET /v1/jobs/{id}/events" }) // neither is another's child
            Assert.True(found.Contains(name), $"{name} is not among {string.Join("; ", found)}");
    }

    static async Task<string> RunAsync(WatchedJob job, Dictionary<string, string> environment)
    {
        using var run = HeadScopeProcess.Start(environment, job.Run("--skip-heads"));
        var (code, _, error) = await run.EndAsync();
        Assert.True(code == 0, error);
        return error;
    }

    static Dictionary<string, string> Resource(OtlpReceiver receiver, string path) =>
        receiver.Sent(path).First().At(1, 1, 1).ToDictionary(attribute => attribute.Text(1), attribute => attribute.At(2).Single().Text(1));
}
