using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using HeadScope.Client.Tests.Server;
using HeadScope.Tests.Support;

namespace HeadScope.Client.Tests.Telemetry;

/// <summary>What a worker and a server show after a job.</summary>
public sealed class PromisedSeriesTests : IDisposable
{
    static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    /// <summary>Nothing is sent; that is no reason to show nothing.</summary>
    static readonly Dictionary<string, string> NothingSent = new() { ["OTEL_SDK_DISABLED"] = "true" };

    readonly WatchedJob _job = new(rows: 64);
    readonly HttpClient _http = new();

    public void Dispose()
    {
        _http.Dispose();
        _job.Dispose();
    }

    [SkippableFact]
    public async Task Work_AfterAJob_ShowsWhatIsPromised()
    {
        var store = await _job.SubmitAsync();
        using var work = HeadScopeProcess.Start(
            NothingSent, "work", "--wait", "--store", store, "--workers", "2", "--threads", "2", "--metrics-port", "0");
        var url = await work.MetricsAsync();
        await AssertShowsAsync(url);
        Assert.Equal("", await PrometheusServer.LintAsync(await _http.GetStringAsync(url)));
    }

    [SkippableFact]
    public async Task Serve_AfterAJob_ShowsWhatIsPromisedAndTheServersOwn()
    {
        using var server = new ServerProcess([.. _job.Roots, "--workers", "2", "--threads", "2"])
        {
            Store = await _job.SubmitAsync(),
            Environment = NothingSent,
        };
        await server.StartAsync();
        var url = new Uri($"{server.Address}/metrics");
        await AssertShowsAsync(url);

        // Routes, not the jobs that were asked for.
        using var asked = await _http.GetAsync($"{server.Address}/v1/jobs/{_job.Id}");
        Assert.Equal(HttpStatusCode.OK, asked.StatusCode);
        var samples = await UntilAsync(url, samples => Routes(samples).Contains("/v1/jobs/{id}"));
        Assert.DoesNotContain("/metrics", Routes(samples));
        Assert.DoesNotContain("/health/ready", Routes(samples));
        foreach (var name in new[] { "http_server_request_duration_seconds", "kestrel_active_connections", "dotnet_gc_collections_total" })
            Assert.Contains(name, samples.Types);
        Assert.DoesNotContain(samples.All, sample => sample.Labels.Values.Any(value => value.Contains(_job.Id, StringComparison.Ordinal)));
        Assert.Equal("", await PrometheusServer.LintAsync(await _http.GetStringAsync(url)));
    }

    static IEnumerable<string> Routes(PrometheusSamples samples) => samples.All
        .Where(sample => sample.Name == "http_server_request_duration_seconds_count").Select(sample => sample.Labels["http_route"]);

    async Task AssertShowsAsync(Uri url)
    {
        var text = await UntilAsync(url, samples => samples.Value("headscope_jobs{state=\"done\"}") == 1);
        PromisedSeries.AssertIn(text, await ScrapeAsync(url, "application/openmetrics-text;version=1.0.0"));
        Assert.Equal(_job.Positions, text["headscope_tokens_scored_total"]);
        Assert.Equal(1, text["headscope_job_progress_ratio"]);
        Assert.DoesNotContain(text.All, sample => sample.Labels.ContainsKey("otel_scope_name"));
        Assert.DoesNotContain("target_info", text.Types);
    }

    async Task<PrometheusSamples> UntilAsync(Uri url, Predicate<PrometheusSamples> condition)
    {
        for (var waited = Stopwatch.StartNew(); ; await Task.Delay(100))
        {
            try
            {
                var samples = await ScrapeAsync(url);
                if (condition(samples))
                    return samples;
                Assert.True(waited.Elapsed < Limit, $"it shows {string.Join(", ", samples.Types.Keys)}");
            }
            catch (HttpRequestException) when (waited.Elapsed < Limit)
            {
                // It does not listen yet.
            }
        }
    }

    async Task<PrometheusSamples> ScrapeAsync(Uri url, string accept = "text/plain")
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, url);
        request.Headers.Accept.Add(MediaTypeWithQualityHeaderValue.Parse(accept));
        using var response = await _http.SendAsync(request);
        return PrometheusSamples.Parse(await response.EnsureSuccessStatusCode().Content.ReadAsStringAsync());
    }
}
