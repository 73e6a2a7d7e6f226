using System.Diagnostics;
using System.Globalization;
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
        var store = await _job.SubmitAsync();
        var address = new Uri($"http://127.0.0.1:{ServerProcess.FreePort().ToString(CultureInfo.InvariantCulture)}");
        using var serve = HeadScopeProcess.Start(
            NothingSent, "serve", "--store", store, "--workers", "2", "--threads", "2", "--listen", address.ToString());
        var samples = await AssertShowsAsync(new Uri(address, "/metrics"));
        foreach (var name in new[] { "http_server_request_duration_seconds", "kestrel_active_connections", "dotnet_gc_collections_total" })
            Assert.Contains(name, samples.Types);

        // Routes, not the jobs that were asked for.
        using var asked = await _http.GetAsync(new Uri(address, $"/v1/jobs/{IdIn(store)}"));
        Assert.Equal(HttpStatusCode.OK, asked.StatusCode);
        var after = await ScrapeAsync(new Uri(address, "/metrics"));
        Assert.Contains(after.All, sample => sample.Labels.GetValueOrDefault("http_route") == "/v1/jobs/{id}");
        Assert.DoesNotContain(after.All, sample => sample.Labels.Values.Any(value => value.Contains(IdIn(store), StringComparison.Ordinal)));
        Assert.DoesNotContain(after.All, sample => sample.Labels.GetValueOrDefault("http_route") is "/metrics" or "/health/ready");
        Assert.Equal("", await PrometheusServer.LintAsync(await _http.GetStringAsync(new Uri(address, "/metrics"))));
    }

    async Task<PrometheusSamples> AssertShowsAsync(Uri url)
    {
        PrometheusSamples? text = null;
        for (var waited = Stopwatch.StartNew(); text?.Value("headscope_jobs{state=\"done\"}") != 1;)
        {
            Assert.True(waited.Elapsed < Limit, "the job is not done");
            try
            {
                text = await ScrapeAsync(url);
            }
            catch (HttpRequestException)
            {
                // It does not listen yet.
            }
        }

        PromisedSeries.AssertIn(text, await ScrapeAsync(url, "application/openmetrics-text;version=1.0.0"));
        Assert.Equal(_job.Positions, text["headscope_tokens_scored_total"]);
        Assert.Equal(1, text["headscope_job_progress_ratio"]);
        Assert.DoesNotContain(text.All, sample => sample.Labels.ContainsKey("otel_scope_name"));
        Assert.DoesNotContain("target_info", text.Types);
        return text;
    }

    async Task<PrometheusSamples> ScrapeAsync(Uri url, string accept = "text/plain")
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, url);
        request.Headers.Accept.Add(MediaTypeWithQualityHeaderValue.Parse(accept));
        using var response = await _http.SendAsync(request);
        return PrometheusSamples.Parse(await response.EnsureSuccessStatusCode().Content.ReadAsStringAsync());
    }

    static string IdIn(string store) => Path.GetFileName(Directory.GetDirectories(Path.Combine(store, "jobs")).Single());
}
